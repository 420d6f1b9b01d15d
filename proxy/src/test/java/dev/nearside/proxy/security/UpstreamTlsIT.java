package dev.nearside.proxy.security;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.scene.Authority;
import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.Sidecar;
import dev.nearside.proxy.scene.TlsRedis;
import dev.nearside.proxy.scene.Waiting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Redis is reached by TLS, and by nobody who only says that he is Redis. */
class UpstreamTlsIT {
  private static final String HITS = "nearside_hits_total{tier=\"l1\",namespace=\"none\"}";

  @TempDir Path folder;

  private Authority authority;
  private Path trusted;

  @BeforeEach
  void makeAuthority() throws Exception {
    authority = Authority.in(folder, "one");
    trusted = Files.copy(authority.file(), folder.resolve("trusted.pem"));
  }

  private Sidecar start(TlsRedis redis, String... more) throws IOException {
    List<String> settings = new ArrayList<>();
    settings.add("upstream.uri=rediss://127.0.0.1:" + redis.tlsPort());
    settings.add("upstream.tls-ca-file=" + trusted);
    settings.add("l1.admission-window=0s");
    settings.addAll(List.of(more));
    return Sidecar.inFrontOf(redis.tlsPort(), settings.toArray(String[]::new));
  }

  private static void assertServes(Sidecar sidecar) throws IOException {
    sidecar.awaitReady();
    String large = "v".repeat(300_000);
    try (RespClient client = sidecar.connect()) {
      Waiting.until("writes go on", () -> client.call("SET", "k", large).equals("+OK\r\n"));
      for (int i = 0; i < 3; i++) {
        assertThat(client.call("GET", "k")).isEqualTo("$300000\r\n" + large + "\r\n");
      }
      assertThat(client.call("MULTI")).isEqualTo("+OK\r\n");
      assertThat(client.call("EXEC")).isEqualTo("*0\r\n");
    }
    assertThat(sidecar.metric(HITS)).isPositive();
  }

  /** Nothing is served, and both the probe and the client hear why. */
  private static void assertRefused(Sidecar sidecar, String why) throws IOException {
    Waiting.until("the reason is told: " + why, () -> sidecar.get("/readyz").body().contains(why));
    try (RespClient client = sidecar.connect()) {
      assertThat(client.call("GET", "k")).startsWith("-TRYAGAIN");
    }
  }

  @Test
  void certificateOfTheAuthority_isAccepted() throws Exception {
    try (TlsRedis redis = TlsRedis.start(authority.issue("redis"), null);
        Sidecar sidecar = start(redis)) {
      assertServes(sidecar);
      try (RespClient other = redis.connect();
          RespClient client = sidecar.connect()) {
        other.call("SET", "k", "changed");
        Waiting.until("the push has come", () -> client.call("GET", "k").contains("changed"));
      }
    }
  }

  @Test
  void anotherAuthority_isRefused() throws Exception {
    Authority other = Authority.in(folder, "two");
    try (TlsRedis redis = TlsRedis.start(other.issue("redis"), null);
        Sidecar sidecar = start(redis)) {
      assertRefused(sidecar, "signed by no authority that is trusted");
    }
  }

  @Test
  void anotherName_isRefused_unlessNamesAreNotChecked() throws Exception {
    try (TlsRedis redis = TlsRedis.start(authority.issueForElsewhere("redis"), null)) {
      try (Sidecar sidecar = start(redis)) {
        assertRefused(sidecar, "the server's certificate names another host");
      }
      try (Sidecar sidecar = start(redis, "upstream.tls-verify=ca")) {
        assertServes(sidecar);
      }
    }
  }

  @Test
  void expiredCertificate_isRefused() throws Exception {
    try (TlsRedis redis = TlsRedis.start(authority.issueExpired("redis"), null);
        Sidecar sidecar = start(redis)) {
      assertRefused(sidecar, "the server's certificate has expired");
    }
  }

  @Test
  void clientCertificate_whereRedisAsksForIt_isShown() throws Exception {
    Authority.Identity own = authority.issue("sidecar");
    try (TlsRedis redis = TlsRedis.start(authority.issue("redis"), authority)) {
      try (Sidecar sidecar = start(redis)) {
        assertRefused(sidecar, "the server wants another certificate of this sidecar's, or any");
      }
      try (Sidecar sidecar =
          start(
              redis,
              "upstream.tls-certificate-file=" + own.certificate(),
              "upstream.tls-key-file=" + own.key())) {
        assertServes(sidecar);
      }
    }
  }

  @Test
  void authorityChanged_isReadAgain_withoutRestart() throws Exception {
    Authority next = Authority.in(folder, "next");
    int port;
    TlsRedis first = TlsRedis.start(authority.issue("redis"), null);
    try (Sidecar sidecar = start(first)) {
      assertServes(sidecar);
      port = first.tlsPort();
      first.close();
      try (TlsRedis second = TlsRedis.startOnPort(port, next.issue("redis"), null)) {
        assertRefused(sidecar, "signed by no authority that is trusted");
        Authority.replace(trusted, next.file());
        assertServes(sidecar);
      }
    } finally {
      first.close();
    }
  }
}
