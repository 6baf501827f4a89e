# The command line in an image: docker build -t konecta-audit .
FROM rust:1-bookworm AS build
RUN apt-get update && apt-get install --yes --no-install-recommends cmake && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
RUN cargo build --locked --release --bin konecta-audit

# glibc, CA certificates and a user without privileges; no shell, no package manager.
FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=build /src/target/release/konecta-audit /usr/local/bin/konecta-audit
WORKDIR /work
ENTRYPOINT ["/usr/local/bin/konecta-audit"]
