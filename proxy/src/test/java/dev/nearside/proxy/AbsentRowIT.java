package dev.nearside.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.scene.DelayingHop;
import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.Sidecar;
import dev.nearside.proxy.scene.ThreeTiers;
import dev.nearside.proxy.scene.Waiting;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What L1 holds of rows that are not there, and how that ends. */
@Timeout(120)
class AbsentRowIT {
  private static final String NIL = "$-1\r\n";
  private static final String NEW = "$3\r\nnew\r\n";
  private static final String LEASES_OPEN = "nearside_upstream_connections{kind=\"leases\"}";
  private static final String LOCAL_NILS = "nearside_l1_negative_hits_total";

  private final ThreeTiers tiers = new ThreeTiers();

  @AfterEach
  void stop() {
    tiers.close();
  }

  private Sidecar sidecar(String... settings) throws IOException {
    return tiers.sidecar("5s", settings);
  }

  /** Asks until memory says that there is no such row. */
  private static void holdAbsent(Sidecar sidecar, RespClient client, String key) {
    Waiting.until(
        "the absent row is held",
        () -> {
          double before = sidecar.metric(LOCAL_NILS);
          assertThat(client.call("GET", key)).isEqualTo(NIL);
          return sidecar.metric(LOCAL_NILS) > before;
        });
  }

  /** The caps bound it although its marker lives on in Redis. */
  @ParameterizedTest
  @CsvSource({
    "l1.max-ttl, l1.max-ttl=1s, coherence.mode=tracking",
    "l1-ttl, namespaces.prompt.l1-ttl=1s, coherence.mode=tracking",
    "max-staleness, coherence.max-staleness=1s, coherence.mode=ttl"
  })
  void markerThatOutlivesTheCap_isLookedAtAgain(String cap, String setting, String mode)
      throws IOException {
    try (Sidecar sidecar = sidecar("namespaces.prompt.negative-ttl=1h", setting, mode);
        RespClient client = sidecar.connect()) {
      holdAbsent(sidecar, client, "prompt:5001");
      double looked = sidecar.metric("nearside_leases_total{result=\"absent\"}");
      Waiting.until(
          "the marker is looked at again, as " + cap + " says",
          () -> {
            assertThat(client.call("GET", "prompt:5001")).isEqualTo(NIL);
            return sidecar.metric("nearside_leases_total{result=\"absent\"}") > looked;
          });
      assertThat(sidecar.metric("nearside_database_batch_keys_sum")).isEqualTo(1);
    }
  }

  /** A connection that comes back does not know of the markers that were read on the one before. */
  @Test
  void leaseConnectionKilled_whatItWatchedIsForgottenAtOnce() throws IOException {
    try (Sidecar holder = sidecar("namespaces.prompt.negative-ttl=1h");
        RespClient client = holder.connect();
        RespClient direct = tiers.direct()) {
      holdAbsent(holder, client, "prompt:5002");
      String first = leaseConnection(direct);
      assertThat(direct.call("CLIENT", "KILL", "ID", first)).isEqualTo(":1\r\n");
      Waiting.until(
          "there is another",
          () -> !List.of(first, "").contains(leaseConnection(direct)) && isOpen(holder));
      insertThroughAnother("5002");
      assertThat(client.call("GET", "prompt:5002")).isEqualTo(NEW);
    }
  }

  /** Nobody says that it is gone: what it watched is true for no longer than anything else. */
  @Test
  void leaseConnectionHalfOpen_absentRowIsBelievedForMaxStalenessAtMost() throws IOException {
    long maxStalenessNs = 4_000_000_000L;
    try (DelayingHop hop = DelayingHop.to(tiers.redis().port());
        Sidecar holder =
            tiers
                .sidecarThrough(
                    hop.port(),
                    "20s",
                    "namespaces.prompt.negative-ttl=1h",
                    "coherence.fill-timeout=20s",
                    "coherence.max-staleness=4s")
                .awaitReady();
        RespClient client = holder.connect()) {
      Waiting.until("it can wait for leases", () -> isOpen(holder));
      holdAbsent(holder, client, "prompt:5003");
      hop.stallLeases(true);
      long changedNs = insertThroughAnother("5003");
      long askedNs = changedNs;
      while (client.call("GET", "prompt:5003").equals(NIL)) {
        assertThat(askedNs - changedNs).isLessThan(maxStalenessNs);
        askedNs = System.nanoTime();
      }
      assertThat(client.call("GET", "prompt:5003")).isEqualTo(NEW);
      assertThat(isOpen(holder)).isTrue(); // it is not even lost yet
    }
  }

  @Test
  void noLeaseConnection_absentRowIsToldButNotHeld() throws IOException {
    try (DelayingHop hop = DelayingHop.to(tiers.redis().port())) {
      hop.stallLeases(true);
      try (Sidecar holder =
              tiers
                  .sidecarThrough(hop.port(), "5s", "namespaces.prompt.negative-ttl=1h")
                  .awaitReady();
          RespClient client = holder.connect()) {
        for (int i = 0; i < 5; i++) {
          assertThat(client.call("GET", "prompt:5004")).isEqualTo(NIL);
        }
        assertThat(isOpen(holder)).isFalse();
        assertThat(holder.metric(LOCAL_NILS)).isZero();
        insertThroughAnother("5004");
        assertThat(client.call("GET", "prompt:5004")).isEqualTo(NEW);
      }
    }
  }

  private static boolean isOpen(Sidecar sidecar) throws IOException {
    return sidecar.metric(LEASES_OPEN) == 1;
  }

  /** Inserts a row and deletes its key through a sidecar; returns when that was acknowledged. */
  private long insertThroughAnother(String id) throws IOException {
    tiers.database().execute("INSERT INTO prompt VALUES (" + id + ", 'new')");
    try (Sidecar other = sidecar();
        RespClient writer = other.connect()) {
      assertThat(writer.call("DEL", "prompt:" + id)).isEqualTo(":0\r\n");
      return System.nanoTime();
    }
  }

  /** Returns the id of the one lease connection that Redis has, or nothing. */
  private static String leaseConnection(RespClient direct) throws IOException {
    for (String line : direct.call("CLIENT", "LIST").lines().toList()) {
      if (line.contains(" name=nearside-leases ")) {
        return line.substring(line.indexOf("id=") + 3, line.indexOf(' '));
      }
    }
    return "";
  }
}
