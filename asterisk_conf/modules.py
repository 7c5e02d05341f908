"""Which of Asterisk's modules are loaded, and why. Everything else stays on the disk."""

from __future__ import annotations

MODULES: dict[str, tuple[str, ...]] = {
    "what the others stand on": (
        "res_crypto", "res_pjproject", "res_sorcery_config", "res_sorcery_memory", "res_sorcery_astdb",
        "res_timing_timerfd",
    ),
    "SIP": (
        "res_pjsip", "res_pjsip_session", "res_pjsip_pubsub", "res_pjsip_authenticator_digest",
        "res_pjsip_outbound_authenticator_digest", "res_pjsip_endpoint_identifier_ip",
        "res_pjsip_endpoint_identifier_user", "res_pjsip_registrar", "res_pjsip_path", "res_pjsip_nat",
        "res_pjsip_rfc3326", "res_pjsip_caller_id", "res_pjsip_diversion", "res_pjsip_dtmf_info",
        "res_pjsip_header_funcs", "res_pjsip_refer", "res_pjsip_sdp_rtp", "res_pjsip_logger",
        "res_pjsip_outbound_registration", "chan_pjsip", "func_pjsip_endpoint", "func_pjsip_contact", "func_pjsip_aor",
    ),
    "audio": (
        "res_rtp_asterisk", "res_srtp", "codec_alaw", "codec_ulaw", "codec_g722", "codec_a_mu",
        "codec_resample", "codec_opus_open_source", "res_format_attr_opus", "format_wav", "format_sln",
        "format_pcm",
    ),
    "bridges": ("bridge_simple", "bridge_native_rtp", "bridge_softmix", "bridge_holding",
                "bridge_builtin_features"),
    "the application's link": (
        "res_http_websocket", "res_websocket_client", "chan_websocket", "res_stasis", "res_stasis_answer",
        "res_stasis_playback", "res_stasis_recording", "res_stasis_snoop", "res_stasis_device_state",
        "res_ari_model", "res_ari", "res_ari_applications", "res_ari_asterisk", "res_ari_bridges",
        "res_ari_channels", "res_ari_device_states", "res_ari_endpoints", "res_ari_events",
        "res_ari_playbacks", "res_ari_recordings", "res_ari_sounds", "app_stasis",
    ),
    "the dialplan": (
        "pbx_config", "app_dial", "app_playback", "app_echo", "app_playtones", "app_stack", "app_exec", "app_userevent",
        "res_musiconhold", "app_verbose", "app_transfer", "app_senddtmf", "func_db", "func_cdr", "func_channel",
        "func_callerid", "func_strings", "func_logic", "func_timeout", "func_dialplan", "func_global",
        "func_hangupcause", "func_groupcount", "func_export", "func_uri", "func_cut", "func_lock", "func_rand",
    ),
    "what the application may use": ("func_talkdetect", "func_jitterbuffer"),
    "witnesses": ("app_cdr", "cdr_manager", "res_cdrel_custom", "cdr_custom", "res_security_log"),
}  # fmt: skip

STIR_SHAKEN = ("res_curl", "res_stir_shaken", "res_pjsip_stir_shaken")
"""Number authentication (rule N9), loaded only when a certificate is set."""


def modules(*, signing: bool = False) -> list[str]:
    """Their names, in the order of loading."""
    return [*(name for names in MODULES.values() for name in names), *(STIR_SHAKEN if signing else ())]
