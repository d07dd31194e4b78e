# syntax=docker/dockerfile:1
# The tag is for people; releases add the digest, which names the bytes: --build-arg
# PYTHON_DIGEST=sha256:… (`docker buildx imagetools inspect` tells it; nothing offline does).
ARG PYTHON_IMAGE=python:3.13.9-slim-bookworm
ARG PYTHON_DIGEST=

# --- build: the wheel and everything it needs, installed with hashes into one prefix ----------
FROM ${PYTHON_IMAGE}${PYTHON_DIGEST:+@${PYTHON_DIGEST}} AS build
# Seconds since 1970, of the commit: one commit gives one wheel and one image.
ARG SOURCE_DATE_EPOCH
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PYTHONHASHSEED=0
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
 && echo "rollout-notifier[crypto,postgres] @ file://${wheel} --hash=sha256:$(sha256sum "${wheel}" | cut -d' ' -f1)" \
      > /dist/requirements.txt \
 && python -m venv --without-pip /opt/notifier \
 && /tools/bin/pip --python /opt/notifier/bin/python install --no-compile \
      --require-hashes --constraint constraints.txt --requirement /dist/requirements.txt
# Compiled by content: times would differ between builds, and the root is read-only later.
RUN /opt/notifier/bin/python -m compileall -q --invalidation-mode unchecked-hash /opt/notifier/lib \
 && /opt/notifier/bin/notifier version

# --- run: Python, the prefix, nothing else; read-only root, one writable volume ----------------
FROM ${PYTHON_IMAGE}${PYTHON_DIGEST:+@${PYTHON_DIGEST}} AS run
ARG COMMIT=unknown
LABEL org.opencontainers.image.title="notifier" \
      org.opencontainers.image.description="Tells people what Argo Rollouts is doing" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.revision="${COMMIT}"
# The volume is the only place that can be written, so it is also where temporary files go. The user
# has no entry in /etc/passwd; libraries that look for its home find it here.
ENV PATH=/opt/notifier/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 \
    HOME=/var/lib/notifier TMPDIR=/var/lib/notifier NOTIFIER_COMMIT=${COMMIT}
COPY --from=build /opt/notifier /opt/notifier
RUN install --directory --owner=65532 --group=65532 --mode=0700 /var/lib/notifier
USER 65532:65532
VOLUME ["/var/lib/notifier"]
EXPOSE 8080
ENTRYPOINT ["notifier"]
CMD ["run"]
