# Décroche whole in one container: Asterisk, PostgreSQL, ear, voice and mind, as an ordinary user.
#
#   docker build -t decroche .
#   docker run --init --network host -v decroche:/var/lib/decroche -v decroche-cache:/var/cache/decroche decroche
#
# Host networking, because RTP takes a range of ports. The first start fetches the models into the cache's
# volume (1.4 GB). tests/integration/setup runs these very steps without a Docker engine.
FROM debian:sid-slim

ENV LANG=C.UTF-8 \
    DECROCHE_HOME=/var/lib/decroche \
    DECROCHE_CACHE=/var/cache/decroche \
    DECROCHE_ASTERISK__BINARY=/usr/sbin/asterisk \
    PATH=/opt/decroche/.venv/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
WORKDIR /opt/decroche
COPY . .
RUN UV_COMPILE_BYTECODE=1 scripts/setup --image
RUN useradd --system --user-group --home-dir /var/lib/decroche --no-create-home decroche && \
    install -d -m 0700 -o decroche -g decroche /var/lib/decroche && \
    install -d -m 0755 -o decroche -g decroche /var/cache/decroche

USER decroche
VOLUME ["/var/lib/decroche", "/var/cache/decroche"]
EXPOSE 5070/tcp 5070/udp 20000-20199/udp
HEALTHCHECK --interval=30s --timeout=10s --start-period=15m --retries=3 CMD ["decroche", "status"]
CMD ["scripts/lib/container"]
