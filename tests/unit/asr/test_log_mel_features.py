"""Our log-mel is Whisper's: the same numbers as faster-whisper's own extractor."""

from __future__ import annotations

import numpy as np
import pytest
from faster_whisper.feature_extractor import FeatureExtractor

from asr.mel import log_mel


@pytest.mark.parametrize("mels", [80, 128])
@pytest.mark.parametrize("samples", [16_000, 16_001, 33_333])
def test_features_are_those_whisper_was_trained_on(mels, samples):
    pcm = np.random.default_rng(1).normal(0, 0.1, samples).astype(np.float32)
    theirs = FeatureExtractor(feature_size=mels)(pcm, padding=0)
    ours = log_mel(pcm, mels=mels)
    assert ours.shape == (mels, samples // 160)
    assert np.abs(ours - theirs[:, : ours.shape[1]]).max() < 1e-4
