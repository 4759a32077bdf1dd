# snake-pipe with all its languages; docs/how-to/containers.md shows its use.
FROM python:3.13-slim AS wheels
WORKDIR /source
COPY . .
RUN pip wheel --no-cache-dir --wheel-dir /wheels '.[languages,metrics,otel,shell,watch]'

FROM python:3.13-slim
LABEL org.opencontainers.image.title="snake-pipe" \
      org.opencontainers.image.description="Every syntax tree of a repository, in tables that SQL can ask" \
      org.opencontainers.image.licenses="MIT"
RUN apt-get update \
    && apt-get install --yes --no-install-recommends git \
    && rm -rf /var/lib/apt/lists/*
# Home and datasets are open to whatever user a container runs as, like /tmp.
RUN --mount=type=bind,from=wheels,source=/wheels,target=/wheels \
    pip install --no-cache-dir --no-index --find-links /wheels 'snake-pipe[languages,metrics,otel,shell,watch]' \
    && useradd --uid 1000 --gid 0 --home-dir /home/snake snake \
    && install --directory --mode 1777 /home/snake /trees
ENV HOME=/home/snake
USER 1000:0
WORKDIR /repo
VOLUME /trees
ENTRYPOINT ["snake-pipe"]
CMD ["--help"]
