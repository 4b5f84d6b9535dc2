# Reflections in one image; docker-compose.yml starts each part of it with the command that starts it elsewhere.
FROM python:3.11-slim

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /srv/reflections

COPY requirements.txt ./
RUN pip install --require-hashes -r requirements.txt

COPY pyproject.toml README.md LICENSE ./
COPY config config
COPY service service
COPY workers workers
RUN pip install --no-deps --editable . \
    && python -m compileall -q config service workers \
    && useradd --system --uid 10001 --create-home --home-dir /var/lib/reflections reflections

USER reflections
ENV REFLECTIONS_DATA_DIR=/var/lib/reflections
EXPOSE 8000
STOPSIGNAL SIGTERM
ENTRYPOINT ["reflections"]
# The whole service in one container, on SQLite: docker run -p 8000:8000 -v reflections:/var/lib/reflections …
CMD ["run", "--host", "0.0.0.0"]
