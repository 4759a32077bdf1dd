# snake-pipe with all its languages; docs/how-to/containers.md shows its use.
FROM python:3.13-slim AS wheels
WORKDIR /source
COPY . .
RUN pip wheel --no-cache-dir --wheel-dir /wheels '.[languages,shell,watch]'

FROM python:3.13-slim
RUN apt-get update \
    && apt-get install --yes --no-install-recommends git \
    && rm -rf /var/lib/apt/lists/*
RUN --mount=type=bind,from=wheels,source=/wheels,target=/wheels \
    pip install --no-cache-dir --no-index --find-links /wheels 'snake-pipe[languages,shell,watch]' \
    && useradd --uid 1000 --create-home snake \
    && install --directory --owner snake /trees
USER snake
WORKDIR /repo
VOLUME /trees
ENTRYPOINT ["snake-pipe"]
CMD ["--help"]
