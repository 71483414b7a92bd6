# Two images of one binary:
#   docker build -t fanfinity .                                   server, consumer: brokers and ClickHouse are elsewhere
#   docker build -t fanfinity:all-in-one --target all-in-one .    up: with the embedded ClickHouse (x86-64)
# Versions of Debian packages are pinned by the release, as in third_party/debian-packages.txt.

# --- The dashboard ------------------------------------------------------------------------------
FROM node:22-bookworm-slim AS web
WORKDIR /fanfinity/web
COPY web/package.json web/package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
COPY web .
RUN npm run check && npm run build

# --- The binary ---------------------------------------------------------------------------------
FROM debian:12-slim AS build
SHELL ["/bin/bash", "-euo", "pipefail", "-c"]
WORKDIR /fanfinity
# The list alone first, so that a change of the sources does not install again.
COPY third_party/debian-packages.txt third_party/
RUN apt-get update -qq \
    && sed -n '/^# build$/,/^# run and try$/{/^#/d;p}' third_party/debian-packages.txt \
      | DEBIAN_FRONTEND=noninteractive xargs apt-get install -y -qq --no-install-recommends \
    && rm -rf /var/lib/apt/lists/*
COPY third_party/librdkafka third_party/librdkafka
RUN apt-get update -qq \
    && third_party/librdkafka/build .deps/librdkafka \
    && rm -rf /var/lib/apt/lists/*
COPY . .
COPY --from=web /fanfinity/build/web build/web
RUN --mount=type=cache,target=/root/.cache/ccache \
    cmake --preset release \
    && cmake --build --preset release --target fanfinity \
    && install -D --strip build/release/fanfinity /out/fanfinity

# --- The embedded ClickHouse --------------------------------------------------------------------
FROM node:22-bookworm-slim AS clickhouse
WORKDIR /clickhouse
COPY third_party/clickhouse/package.json third_party/clickhouse/package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund --loglevel=error

# --- What both images share ---------------------------------------------------------------------
FROM debian:12-slim AS base
# The libraries the binary is linked with, and the certificates for TLS to ClickHouse and Kafka.
RUN apt-get update -qq \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
      ca-certificates \
      libcurl4 \
      libfmt9 \
      liblz4-1 \
      libprometheus-cpp-core1.0 \
      libsimdjson14 \
      libspdlog1.10 \
      libssl3 \
      libstdc++6 \
      libxxhash0 \
      libzstd1 \
      zlib1g \
    && rm -rf /var/lib/apt/lists/*
# A fixed id, so that volumes keep their owner from one image to the next.
RUN useradd --uid 10001 --user-group --no-create-home --home-dir /var/lib/fanfinity --shell /usr/sbin/nologin fanfinity \
    && install -d -o fanfinity -g fanfinity -m 0750 /var/lib/fanfinity
COPY LICENSE docs/THIRD-PARTY.md /usr/share/doc/fanfinity/
COPY deploy/docker/healthcheck /usr/local/bin/healthcheck
COPY --from=build /out/fanfinity /usr/local/bin/fanfinity
# A container is reached from outside of it or not at all; which ports are published is decided there.
ENV SERVER_HOST=0.0.0.0 \
    CONSUMER_HOST=0.0.0.0 \
    FANFINITY_DATA_DIR=/var/lib/fanfinity
LABEL org.opencontainers.image.title="Fanfinity Analytics" \
      org.opencontainers.image.description="Real-time fan-engagement analytics for live football" \
      org.opencontainers.image.licenses="MIT"
# By number: orchestrators that insist on a user other than root cannot look names up.
USER 10001:10001
WORKDIR /var/lib/fanfinity
EXPOSE 8080 8081
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["/usr/local/bin/healthcheck"]
ENTRYPOINT ["fanfinity"]
CMD ["up"]

# --- Everything in one container ----------------------------------------------------------------
FROM base AS all-in-one
COPY --from=clickhouse /clickhouse/node_modules/@chdb/lib-linux-x64-gnu/libchdb.so /usr/local/lib/libchdb.so
ENV LIBCHDB_PATH=/usr/local/lib/libchdb.so
# The log and ClickHouse's data: name the volume, and back it up.
VOLUME ["/var/lib/fanfinity"]

# --- The small image, which is the default: it keeps nothing, Kafka and ClickHouse do -----------
FROM base AS service
