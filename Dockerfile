# syntax=docker/dockerfile:1

# The page in the iframe.
FROM node:24-slim AS inbox
WORKDIR /src
COPY templates/inbox/package.json templates/inbox/package-lock.json templates/inbox/.npmrc ./
RUN npm ci
COPY templates/inbox/ ./
RUN npm run build

# A virtual environment with the locked packages, each checked against its hash, and Porthole's wheel.
FROM python:3.13-slim AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /src
COPY requirements/ requirements/
RUN python -m venv /opt/porthole \
 && /opt/porthole/bin/pip install --require-hashes -r requirements/runtime.txt
# What builds the wheel comes from the lock too; should it ever need one more package, pip says so and stops.
RUN sed -nE '/^(hatchling|packaging|pathspec|pluggy|tomlkit|trove-classifiers)==/,/[^\\]$/p' requirements/dev.txt > build.txt \
 && pip install --require-hashes -r build.txt
COPY pyproject.toml README.md LICENSE ./
COPY api/ api/
COPY cli/ cli/
COPY docs/examples/ docs/examples/
COPY realtime/ realtime/
COPY shared/ shared/
COPY templates/ templates/
COPY workers/ workers/
COPY --from=inbox /src/dist/ templates/inbox/dist/
RUN pip wheel --no-deps --no-build-isolation --wheel-dir /wheel . \
 && /opt/porthole/bin/pip install --no-deps /wheel/porthole-*.whl \
 && /opt/porthole/bin/pip uninstall --yes pip

FROM python:3.13-slim
RUN groupadd --gid 10001 porthole \
 && useradd --uid 10001 --gid porthole --no-create-home --home-dir /var/lib/porthole --shell /usr/sbin/nologin porthole \
 && install --directory --owner porthole --group porthole /var/lib/porthole
COPY --from=build /opt/porthole /opt/porthole
ENV PATH=/opt/porthole/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PORTHOLE_HOST=0.0.0.0 \
    PORTHOLE_PORT=8000
# Where `porthole up` keeps its data; the separate roles write nothing here.
WORKDIR /var/lib/porthole
USER 10001:10001
EXPOSE 8000
# Alive, not ready: an orchestrator that restarts what is unhealthy must not restart every role when PostgreSQL is away.
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s CMD ["python", "-m", "cli.healthcheck"]
ENTRYPOINT ["porthole"]
