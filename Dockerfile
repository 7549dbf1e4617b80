# An image with relayd alone: docker build --build-arg VERSION=v1.2.3 -t intercessor/relayd .
#
# Configure it with variables (docker run -e RELAYD_DRAIN=5s) or with a file in a volume (-e RELAYD_CONFIG),
# not with flags: the health check runs as a separate process, which does not see relayd's flags.

FROM --platform=$BUILDPLATFORM golang:1.26 AS build
WORKDIR /src
COPY . .
ARG VERSION TARGETOS TARGETARCH
RUN GOOS=$TARGETOS GOARCH=$TARGETARCH ci/rootfs.sh /image

# ci/image.sh builds the lines from here on without a container engine.
FROM scratch
COPY --from=build /image/rootfs /
COPY --from=build --chown=65532:65532 /image/state /state
USER 65532:65532
ENV RELAYD_LISTEN=:8000 RELAYD_STATE_DIR=/state
VOLUME /state
# TURN is on the UDP port, with RELAYD_TURN_ENABLED=true.
EXPOSE 8000/tcp 8000/udp
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s CMD ["/bin/relayd", "healthcheck"]
ENTRYPOINT ["/bin/relayd"]
