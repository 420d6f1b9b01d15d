package dev.nearside.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.Sidecar;
import dev.nearside.proxy.scene.SidecarProcess;
import dev.nearside.proxy.scene.ThreeTiers;
import dev.nearside.proxy.scene.ThreeTiers.Gate;
import dev.nearside.proxy.scene.Waiting;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A process that holds a lease is killed while the database holds its query up. */
class DeadLeaseHolderIT {
  private static final Logger log = LoggerFactory.getLogger(DeadLeaseHolderIT.class);

  private static final int CLIENTS_EACH = 100;
  private static final String WAITING = "nearside_lease_waiters";
  private static final String TAKEN = "nearside_leases_total{result=\"taken\"}";

  private final ThreeTiers tiers = new ThreeTiers();

  @AfterEach
  void stop() {
    tiers.close();
  }

  @Test
  void holderKilled_oneOfTheWaitersReplacesIt() throws Exception {
    List<RespClient> waiters = new ArrayList<>();
    try (Sidecar second = tiers.sidecar("10s");
        Sidecar third = tiers.sidecar("10s");
        Sidecar fourth = tiers.sidecar("10s");
        SidecarProcess holder = tiers.process("10s")) {
      List<Sidecar> others = List.of(second, third, fourth);
      try (Gate gate = tiers.closeGate()) {
        List<RespClient> doomed = new ArrayList<>();
        for (int i = 0; i < CLIENTS_EACH; i++) {
          doomed.add(holder.connect().send("GET", "prompt:7"));
        }
        gate.awaitWaiting(1);
        for (int i = 0; i < CLIENTS_EACH; i++) {
          for (Sidecar other : others) {
            waiters.add(other.connect().send("GET", "prompt:7"));
          }
        }
        Waiting.until("three wait", () -> sum(others, WAITING) == 3);
        assertThat(sum(others, TAKEN)).isZero();
        holder.kill();
        long killedNs = System.nanoTime();
        gate.awaitWaiting(2);
        log.info("replaced after {} ms", (System.nanoTime() - killedNs) / 1_000_000);
        Waiting.until("two wait for the other", () -> sum(others, WAITING) == 2);
        for (RespClient client : doomed) {
          client.close();
        }
      }
      for (RespClient client : waiters) {
        assertThat(client.reply()).isEqualTo("$6\r\nbody 7\r\n");
        client.close();
      }
      assertThat(sum(others, TAKEN)).isEqualTo(1);
      assertThat(sum(others, "nearside_database_batch_keys_sum")).isEqualTo(1);
      assertThat(sum(others, "nearside_lease_wakes_total{cause=\"deadline\"}")).isZero();
    }
  }

  private static double sum(List<Sidecar> sidecars, String series) throws IOException {
    double sum = 0;
    for (Sidecar sidecar : sidecars) {
      sum += sidecar.metric(series);
    }
    return sum;
  }
}
