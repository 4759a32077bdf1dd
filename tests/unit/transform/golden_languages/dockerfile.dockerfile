# Says b.
ARG V=1
FROM alpine:${V} AS base
ENV A=1 B=2
RUN apk add x && echo $A
COPY --from=other a b
FROM base
ENTRYPOINT ["x"]
EXPOSE 80
LABEL k="v"
