FROM python:3.13-slim AS build
WORKDIR /build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore

# One of the packages comes as source only; what builds it, and the emulator, is locked too.
COPY requirements-build.lock requirements.lock ./
RUN pip install --quiet --require-hashes --only-binary :all: --requirement requirements-build.lock \
 && pip wheel --quiet --require-hashes --no-deps --no-build-isolation --wheel-dir wheels --requirement requirements.lock

COPY pyproject.toml README.md ./
COPY emulator emulator
COPY fixtures fixtures
# Unchecked: bytecode stays good whatever becomes of the files' times on their way through registries.
RUN pip wheel --quiet --no-deps --no-build-isolation --wheel-dir wheels . \
 && python -m venv --without-pip /opt/emulator \
 && pip --python /opt/emulator/bin/python install --quiet --no-index --no-deps --no-compile wheels/*.whl \
 && python -m compileall -q -j 0 --invalidation-mode unchecked-hash /opt/emulator/lib


FROM python:3.13-slim
LABEL org.opencontainers.image.title="martech-emulator" \
      org.opencontainers.image.description="The HTTP APIs of Treasure Data, PrimeData, Algonomy and Talon.One, for tests" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.base.name="docker.io/library/python:3.13-slim"

# Python's own library comes without bytecode, which would cost every start half a second.
# Whichever user the container is given may keep things in /data and /ca: a new volume takes their mode over.
RUN python -m compileall -q -j 0 --invalidation-mode unchecked-hash \
      -x '/(test|idlelib|turtledemo|tkinter|ensurepip|site-packages)/' \
      "$(python -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')" \
 && pip uninstall --quiet --yes --root-user-action=ignore pip \
 && install --directory --mode=1777 /data /ca

COPY --from=build /opt/emulator /opt/emulator
ENV PATH=/opt/emulator/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONSAFEPATH=1 \
    EMULATOR_HOST=0.0.0.0 \
    EMULATOR_FIXTURES=/scenarios \
    EMULATOR_CA_DIR=/ca
WORKDIR /scenarios
USER 10001:10001
EXPOSE 4680
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=0.7s --timeout=5s --start-period=30s CMD ["martech-emulator", "ready", "--wait", "2s"]
ENTRYPOINT ["martech-emulator"]
CMD ["serve"]
