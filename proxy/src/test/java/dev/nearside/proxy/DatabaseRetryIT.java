package dev.nearside.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.Sidecar;
import dev.nearside.proxy.scene.ThreeTiers;
import dev.nearside.proxy.scene.ThreeTiers.Gate;
import dev.nearside.proxy.scene.Waiting;
import java.io.IOException;
import java.sql.SQLException;
import org.junit.jupiter.api.Test;

/** The database cuts a connection off while a read is on it. */
class DatabaseRetryIT {
  private static final String RETRIED = "nearside_retries_total{what=\"database\"}";
  private static final String CUT_OFF =
      "SELECT count(pg_terminate_backend(pid)) FROM pg_locks"
          + " WHERE locktype = 'advisory' AND NOT granted";

  @Test
  void connectionCutOff_theRowIsReadAgain_andTheClientSeesNothingOfIt()
      throws IOException, SQLException {
    try (ThreeTiers tiers = new ThreeTiers();
        Sidecar sidecar = tiers.sidecar("10s");
        RespClient client = sidecar.connect()) {
      try (Gate gate = tiers.closeGate()) {
        client.send("GET", "prompt:7");
        gate.awaitWaiting(1);
        assertThat(tiers.database().count(CUT_OFF)).isEqualTo(1);
        Waiting.until(
            "the sidecar knows",
            () -> sidecar.metric("nearside_database_queries_total{result=\"error\"}") == 1);
        gate.awaitWaiting(1);
      }
      assertThat(client.reply()).isEqualTo("$6\r\nbody 7\r\n");
      assertThat(sidecar.metric(RETRIED)).isEqualTo(1);
    }
  }
}
