# One image for every service: docker build --build-arg SERVICE=vms .   (gateway, orchestrator, inventory, vms)
ARG BUN_IMAGE=oven/bun:1.4.5-slim

FROM ${BUN_IMAGE} AS install
ARG SERVICE
WORKDIR /app
COPY . .
RUN bun install --frozen-lockfile --production --filter "@proxbox/${SERVICE}"

FROM ${BUN_IMAGE}
ARG SERVICE
ARG BUILD=dev
ENV SERVICE=${SERVICE} \
    NODE_ENV=production \
    PORT=8800 \
    PROXBOX_BUILD=${BUILD} \
    PROXBOX_HEALTH_PORT=8801 \
    PROXBOX_ENCRYPTION_KEY_FILE=/data/encryption.key
WORKDIR /app
COPY --from=install /app ./
# The volume takes over this folder's owner when it is first used.
RUN mkdir /data && chown bun:bun /data && chmod 700 /data
USER bun
VOLUME /data
EXPOSE 8800 8801
HEALTHCHECK --interval=5s --timeout=3s --start-period=60s --retries=3 CMD ["bun", "deploy/is-ready.ts"]
CMD ["sh", "-c", "exec bun services/$SERVICE/main.ts"]
