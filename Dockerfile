# One image for the gateway, the workers and one-off commands:
#   docker build --tag banyan .                    gateway and workers; `docker run banyan node tools/launch/worker.ts`
#   docker build --tag banyan-import --target import .   the same with legacy's Python, which alone can read Chroma's files
# tools/image/image.test.ts holds it against the program, and runs its steps; `npm run image` runs all of them.

FROM node:24.21.0-bookworm-slim AS packages
WORKDIR /app
# No package here needs an install script: the image's own Node is the one of package.json.
ENV ONNXRUNTIME_NODE_INSTALL=skip
COPY package.json package-lock.json ./
# npm links the workspaces by their manifests.
COPY route-table/package.json route-table/
COPY operations/package.json operations/
COPY compare/package.json compare/
COPY gateway/package.json gateway/
COPY suite/package.json suite/
COPY tools/setup/prune.mjs tools/setup/
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund && node tools/setup/prune.mjs
# mupdf, which reads PDFs to the byte as legacy does, is under the AGPL 3.0. What is published is built with
# --build-arg MUPDF=without: pdf-parse reads PDFs there, and a start says what differs.
ARG MUPDF=with
COPY services/optional/package.json services/optional/package-lock.json services/optional/.npmrc services/optional/
RUN if [ "$MUPDF" != with ]; then rm -rf node_modules/mupdf; npm ci --prefix services/optional --ignore-scripts --no-audit --no-fund; fi

FROM packages AS model
RUN apt-get update && apt-get install --yes --no-install-recommends python3 python3-venv && rm -rf /var/lib/apt/lists/*
COPY tools/setup tools/setup
COPY operations/processes operations/processes
COPY gateway/errors.ts gateway/errors.ts
RUN node tools/setup/make-model.ts /opt/banyan/setup

FROM node:24.21.0-bookworm-slim AS banyan
RUN apt-get update && apt-get install --yes --no-install-recommends tini tesseract-ocr && rm -rf /var/lib/apt/lists/*
RUN mkdir -p /data /config && chown node:node /data /config && ln -s /app/bin/banyan.mjs /usr/local/bin/banyan
WORKDIR /app
COPY --from=packages /app/node_modules node_modules
COPY --from=packages /app/services/optional services/optional
COPY --from=model /opt/banyan/setup /opt/banyan/setup
COPY . .
# A volume over /config begins as what is here; afterwards the file is the operator's.
COPY --chown=node:node flags.yaml /config/flags.yaml
ENV NODE_ENV=production \
    NODE_OPTIONS="--max-semi-space-size=16 --import=/app/tools/setup/tick-shape.mjs" \
    NODE_DISABLE_COMPILE_CACHE=1 \
    BANYAN_DATA=/data \
    BANYAN_SETUP=/opt/banyan/setup \
    BANYAN_FLAGS=/config/flags.yaml \
    BANYAN_RECORDINGS=/data/recordings
USER node
# The public origin, the console (loopback unless CONSOLE_HOST says otherwise), the relay that legacy calls.
EXPOSE 8080 8081 8083
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s CMD ["node", "tools/launch/healthy.ts"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/bin/tini", "--"]
CMD ["node", "tools/launch/start.ts"]

FROM banyan AS import
USER root
RUN apt-get update && apt-get install --yes --no-install-recommends python3 python3-venv && rm -rf /var/lib/apt/lists/*
RUN node tools/setup/make-python.ts /opt/banyan/setup
USER node

# What is built without --target.
FROM banyan
