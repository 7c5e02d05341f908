# Step 3: llama-cpp-python. Source only: built once; the wheel is kept, its folder says for which processor.
# shellcheck shell=bash disable=SC2154  # purpose and cache: scripts/setup

llama_version() { sed -n 's/^llama-cpp-python==\([^ ]*\).*/\1/p' requirements-llama.lock; }

# Never native: a build for AMX segfaults in virtual machines. AVX-512 is worth 20 % where the processor has it.
llama_flavour() {
  if [ "${DECROCHE_DEVICE:-cpu}" = cuda ]; then
    echo cuda
  elif grep -qw avx512_bf16 /proc/cpuinfo && grep -qw avx512_vbmi /proc/cpuinfo && grep -qw avx512_vnni /proc/cpuinfo &&
    [ "$purpose" != --image ]; then # an image runs on other machines than the one it is built on
    echo avx512
  else
    echo portable
  fi
}

# The wheel holds no code for one Python version, but needs a C library as new as the one it was built with.
llama_folder() { echo "$cache/wheels/llama-$(llama_version)-$(llama_flavour)-$(uname -m)"; }

have_llama_wheel() { compgen -G "$(llama_folder)/*.whl" >/dev/null; }

need_llama() { [ "$(cat .venv/.llama-stamp 2>/dev/null)" != "$(basename "$(llama_folder)")" ]; }

install_llama() {
  have_llama_wheel || build_llama
  install_wheel
  if ! .venv/bin/python -c 'import llama_cpp' 2>/dev/null; then
    say "      the kept wheel does not run on this machine: building it again"
    build_llama
    install_wheel
  fi
  basename "$(llama_folder)" >.venv/.llama-stamp
}

install_wheel() {
  quietly uv pip install --offline --python .venv/bin/python --no-deps --reinstall "$(llama_folder)"/*.whl
}

# Built beside and renamed: a cut leaves no half wheel.
build_llama() {
  # shellcheck disable=SC2034  # package_groups looks at it
  local flags="-DGGML_NATIVE=OFF" draft compile=yes
  if need_packages; then install_packages; fi
  case "$(llama_flavour)" in
    avx512) flags="$flags -DGGML_AVX512=ON -DGGML_AVX512_VBMI=ON -DGGML_AVX512_VNNI=ON -DGGML_AVX512_BF16=ON" ;;
    cuda) flags="$flags -DGGML_CUDA=ON" ;;
  esac
  rm -rf "$cache"/wheels/.building.*
  draft=$(mktemp -d "$cache/wheels/.building.XXXXXX")
  say "      building with $flags"
  build_tools "$draft/tools"
  keep_lock=yes quietly env CMAKE_ARGS="$flags" CMAKE_BUILD_PARALLEL_LEVEL="$(nproc)" PATH="$draft/tools/bin:$PATH" \
    "$draft/tools/bin/python" -m pip wheel --disable-pip-version-check --no-deps --require-hashes --no-build-isolation \
    -r requirements-llama.lock -w "$draft/wheel"
  rm -rf "$(llama_folder)"
  chmod 755 "$draft/wheel"
  mv "$draft/wheel" "$(llama_folder)"
  rm -rf "$draft"
}

# What builds it, pinned with its hashes: pip would fetch a build's own requirements with none.
build_tools() {
  pip_index
  .venv/bin/python -m venv "$1"
  quietly uv pip install --python "$1/bin/python" --require-hashes -r requirements-build.lock
}
