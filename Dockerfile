# syntax=docker/dockerfile:1
ARG PYTHON_IMAGE=python:3.13.9-slim-bookworm

# --- build: the wheel and everything it needs, installed with hashes into one prefix ----------
FROM ${PYTHON_IMAGE} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
WORKDIR /src
COPY constraints.txt pyproject.toml README.md LICENSE ./
RUN python -m venv /tools \
 && /tools/bin/pip install --no-deps --require-hashes -r constraints.txt
COPY triggers triggers
COPY templates templates
COPY notifier notifier
RUN /tools/bin/python -m build --wheel --no-isolation --outdir /dist . \
 && wheel="$(ls /dist/*.whl)" \
 && echo "rollout-notifier[postgres] @ file://${wheel} --hash=sha256:$(sha256sum "${wheel}" | cut -d' ' -f1)" \
      > /dist/requirements.txt \
 && python -m venv --without-pip /opt/notifier \
 && /tools/bin/pip --python /opt/notifier/bin/python install \
      --require-hashes --constraint constraints.txt --requirement /dist/requirements.txt

# --- run: Python, the prefix, nothing else; read-only root, one writable volume ----------------
FROM ${PYTHON_IMAGE} AS run
LABEL org.opencontainers.image.title="notifier" \
      org.opencontainers.image.description="Tells people what Argo Rollouts is doing" \
      org.opencontainers.image.licenses="Apache-2.0"
ENV PATH=/opt/notifier/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
COPY --from=build /opt/notifier /opt/notifier
RUN install --directory --owner=65532 --group=65532 --mode=0700 /var/lib/notifier
USER 65532:65532
VOLUME ["/var/lib/notifier"]
EXPOSE 8080
ENTRYPOINT ["notifier"]
CMD ["run"]
