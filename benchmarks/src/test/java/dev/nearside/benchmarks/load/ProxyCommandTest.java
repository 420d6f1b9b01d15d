package dev.nearside.benchmarks.load;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.benchmarks.generator.Address;
import dev.nearside.benchmarks.servers.TlsIdentity;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProxyCommandTest {
  private static final Address LISTEN = Address.ofPort(7001);
  private static final Address REDIS = Address.ofPort(7002);
  private static final Address REDIS_BY_TLS = Address.ofTls(7002, "/ca.pem");
  private static final TlsIdentity IDENTITY =
      new TlsIdentity(Path.of("/server.pem"), Path.of("/server.key"), Path.of("/both.pem"));

  @TempDir private Path directory;

  @Test
  void onTcp_bothGetPorts() throws Exception {
    ProxyCommand command = new ProxyCommand(LISTEN, 7003, REDIS, null, directory);

    assertThat(haproxy(command)).contains("bind 127.0.0.1:7001\n", "redis 127.0.0.1:7002\n");
    assertThat(nearside(command))
        .endsWith(
            "--upstream redis://127.0.0.1:7002 --listen 127.0.0.1:7001 --http 127.0.0.1:7003"
                + " --set a=b");
  }

  @Test
  void onUnixSockets_bothGetPaths() throws Exception {
    ProxyCommand command =
        new ProxyCommand(Address.ofPath("/in"), 7003, Address.ofPath("/out"), null, directory);

    assertThat(haproxy(command)).contains("bind unix@/in\n", "server redis unix@/out\n");
    assertThat(nearside(command)).contains("--upstream unix:///out?db=0 --listen unix:/in ");
  }

  @Test
  void tlsToRedis_bothTrustWhatItShowsAndCheckIt() throws Exception {
    ProxyCommand command = new ProxyCommand(LISTEN, 7003, REDIS_BY_TLS, null, directory);

    assertThat(haproxy(command))
        .contains("bind 127.0.0.1:7001\n")
        .contains("redis 127.0.0.1:7002 ssl verify required ca-file /ca.pem\n");
    assertThat(nearside(command))
        .contains("rediss://127.0.0.1:7002", "--set upstream.tls-ca-file=/ca.pem")
        .doesNotContain("tls.certificate-file");
  }

  @Test
  void tlsOnBothSides_bothShowACertificate() throws Exception {
    ProxyCommand command = new ProxyCommand(LISTEN, 7003, REDIS_BY_TLS, IDENTITY, directory);

    assertThat(haproxy(command)).contains("bind 127.0.0.1:7001 ssl crt /both.pem\n");
    assertThat(nearside(command))
        .contains("--set tls.certificate-file=/server.pem --set tls.key-file=/server.key");
  }

  @Test
  void cluster_nearsideIsToldAllNodes() {
    Address nodes = Address.ofCluster(List.of(7002, 7004, 7006));

    assertThat(nearside(new ProxyCommand(LISTEN, 7003, nodes, null, directory)))
        .contains("--upstream redis-cluster://127.0.0.1:7002,127.0.0.1:7004,127.0.0.1:7006 ");
  }

  private static String nearside(ProxyCommand command) {
    return String.join(" ", command.nearside(List.of("a=b")));
  }

  private static String haproxy(ProxyCommand command) throws IOException {
    return Files.readString(Path.of(command.haproxy("haproxy").getLast()));
  }
}
