package dev.nearside.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.Sidecar;
import dev.nearside.proxy.scene.SidecarProcess;
import dev.nearside.proxy.scene.ThreeTiers;
import dev.nearside.proxy.scene.ThreeTiers.Gate;
import dev.nearside.proxy.scene.Waiting;
import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A process that holds a lease is killed while the database holds its query up. */
class DeadLeaseHolderIT {
  private static final Logger log = LoggerFactory.getLogger(DeadLeaseHolderIT.class);

  private final ThreeTiers tiers = new ThreeTiers();

  @AfterEach
  void stop() {
    tiers.close();
  }

  @Test
  void holderKilled_oneOfTheWaitersReplacesIt() throws Exception {
    try (Sidecar second = tiers.sidecar("10s");
        Sidecar third = tiers.sidecar("10s");
        SidecarProcess holder = tiers.process("10s");
        RespClient doomed = holder.connect();
        RespClient secondClient = second.connect();
        RespClient thirdClient = third.connect()) {
      try (Gate gate = tiers.closeGate()) {
        doomed.send("GET", "prompt:7");
        gate.awaitWaiting(1);
        secondClient.send("GET", "prompt:7");
        thirdClient.send("GET", "prompt:7");
        Waiting.until("two wait", () -> waiting(second) + waiting(third) == 2);
        assertThat(taken(second) + taken(third)).isZero();
        holder.kill();
        long killedNs = System.nanoTime();
        gate.awaitWaiting(2);
        log.info("replaced after {} ms", (System.nanoTime() - killedNs) / 1_000_000);
        Waiting.until("one waits for the other", () -> waiting(second) + waiting(third) == 1);
      }
      assertThat(secondClient.reply()).isEqualTo("$6\r\nbody 7\r\n");
      assertThat(thirdClient.reply()).isEqualTo("$6\r\nbody 7\r\n");
      assertThat(taken(second) + taken(third)).isEqualTo(1);
      assertThat(keysRead(second) + keysRead(third)).isEqualTo(1);
      assertThat(woken(second, "deadline") + woken(third, "deadline")).isZero();
    }
  }

  private static double waiting(Sidecar sidecar) throws IOException {
    return sidecar.metric("nearside_lease_waiters");
  }

  private static double taken(Sidecar sidecar) throws IOException {
    return sidecar.metric("nearside_leases_total{result=\"taken\"}");
  }

  private static double keysRead(Sidecar sidecar) throws IOException {
    return sidecar.metric("nearside_database_batch_keys_sum");
  }

  private static double woken(Sidecar sidecar, String cause) throws IOException {
    return sidecar.metric("nearside_lease_wakes_total{cause=\"" + cause + "\"}");
  }
}
