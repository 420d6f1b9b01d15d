package dev.nearside.benchmarks.load;

import dev.nearside.benchmarks.generator.Address;
import dev.nearside.benchmarks.servers.EmbeddedNearside;
import dev.nearside.benchmarks.servers.Ports;
import dev.nearside.benchmarks.servers.TlsIdentity;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * How a proxy is told where to listen and what is behind it.
 *
 * @param listen where clients are to connect
 * @param httpPort of Nearside
 * @param upstream the Redis behind it
 * @param identity what it shows to clients, where they come by TLS; else null
 * @param directory where its configuration is written
 */
record ProxyCommand(
    Address listen,
    int httpPort,
    Address upstream,
    @Nullable TlsIdentity identity,
    Path directory) {
  private static final String LOOPBACK = "127.0.0.1:";

  /** Returns the command that starts Nearside. */
  List<String> nearside(List<String> settings) {
    List<String> all = new ArrayList<>(settings);
    if (!upstream.certificate().isEmpty()) {
      all.add("upstream.tls-ca-file=" + upstream.certificate());
    }
    if (identity != null) {
      all.add("tls.certificate-file=" + identity.certificate());
      all.add("tls.key-file=" + identity.key());
    }
    List<String> arguments = new ArrayList<>(List.of("--upstream", upstreamUri()));
    arguments.addAll(List.of("--listen", listen.path().isEmpty() ? port() : "unix:" + path()));
    arguments.addAll(List.of("--http", LOOPBACK + httpPort));
    all.forEach(setting -> arguments.addAll(List.of("--set", setting)));
    return EmbeddedNearside.command(arguments);
  }

  private String upstreamUri() {
    if (!upstream.path().isEmpty()) {
      return "unix://" + upstream.path() + "?db=0";
    }
    if (!upstream.nodes().isEmpty()) {
      return upstream.nodes().stream()
          .map(port -> LOOPBACK + port)
          .collect(Collectors.joining(",", "redis-cluster://", ""));
    }
    return (upstream.certificate().isEmpty() ? "redis://" : "rediss://")
        + LOOPBACK
        + upstream.port();
  }

  /** Returns the command that starts HAProxy in the foreground. */
  List<String> haproxy(String program) throws IOException {
    Path configuration =
        Files.writeString(
            directory.resolve("haproxy.cfg"),
            """
            global
              nbthread 1
              maxconn 4000
            defaults
              mode tcp
              timeout connect 5s
              timeout client 1m
              timeout server 1m
            listen redis
              bind %s
              server redis %s
            """
                .formatted(haproxyBind(), haproxyServer()));
    return List.of(program, "-db", "-f", configuration.toString());
  }

  private String haproxyBind() {
    if (!listen.path().isEmpty()) {
      return "unix@" + path();
    }
    return identity == null ? port() : port() + " ssl crt " + identity.both();
  }

  private String haproxyServer() {
    if (!upstream.path().isEmpty()) {
      return "unix@" + upstream.path();
    }
    String server = LOOPBACK + upstream.port();
    return upstream.certificate().isEmpty()
        ? server
        : server + " ssl verify required ca-file " + upstream.certificate();
  }

  /** Returns the command that starts nutcracker in the foreground; it speaks TCP only. */
  List<String> nutcracker(String program) throws IOException {
    Path configuration =
        Files.writeString(
            directory.resolve("nutcracker.yml"),
            """
            redis:
              listen: %s
              hash: fnv1a_64
              distribution: ketama
              redis: true
              servers:
               - 127.0.0.1:%d:1
            """
                .formatted(port(), upstream.port()));
    return List.of(
        program,
        "--conf-file=" + configuration,
        "--stats-addr=127.0.0.1",
        "--stats-port=" + Ports.free(),
        "--pid-file=" + directory.resolve("nutcracker.pid"));
  }

  private String port() {
    return LOOPBACK + listen.port();
  }

  private String path() {
    return listen.path();
  }
}
