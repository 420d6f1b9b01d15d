package dev.nearside.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.Sidecar;
import dev.nearside.proxy.scene.ThreeTiers;
import dev.nearside.proxy.scene.ThreeTiers.Gate;
import java.io.IOException;
import java.sql.SQLException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * The race of COHERENCE.md's last section through the sidecar: a row is read and held up, the row
 * changes, the key that Redis does not have yet is written or deleted, the old row comes back.
 */
class LeaseRaceIT {
  private static final String OLD = "$3\r\nold\r\n";
  private static final String NEW = "$3\r\nnew\r\n";
  private static final String NIL = "$-1\r\n";

  /** What a writer does while the old row is on its way. */
  @FunctionalInterface
  private interface Write {
    void run() throws IOException;
  }

  private static ThreeTiers tiers;

  private Sidecar sidecar;
  private RespClient reader;
  private RespClient writer;
  private RespClient direct;

  @BeforeAll
  static void startServers() {
    tiers = new ThreeTiers();
  }

  @AfterAll
  static void stopServers() {
    tiers.close();
  }

  @BeforeEach
  void connect() throws IOException {
    direct = tiers.direct();
    direct.call("FLUSHALL");
    tiers.database().execute("UPDATE prompt SET body = 'old' WHERE id = 7");
    sidecar = tiers.sidecar("4s");
    reader = sidecar.connect();
    writer = sidecar.connect();
  }

  @AfterEach
  void disconnect() throws IOException {
    reader.close();
    writer.close();
    direct.close();
    sidecar.close();
  }

  @Test
  void delOfTheMissingKey_oldRowLandsNowhere() throws IOException, SQLException {
    race(() -> assertThat(writer.call("DEL", "prompt:7")).isEqualTo(":0\r\n"));
    assertThat(direct.call("GET", "prompt:7")).isEqualTo(NIL);
    assertThat(writer.call("GET", "prompt:7")).isEqualTo(NEW);
    assertThat(direct.call("GET", "prompt:7")).isEqualTo(NEW);
    assertThat(reader.call("GET", "prompt:7")).isEqualTo(NEW);
  }

  /** The same DEL past the sidecar leaves the lease alone: the test above can fail. */
  @Test
  void delOfTheMissingKeyPastTheSidecar_oldRowLands() throws IOException, SQLException {
    race(() -> assertThat(direct.call("DEL", "prompt:7")).isEqualTo(":0\r\n"));
    assertThat(direct.call("GET", "prompt:7")).isEqualTo(OLD);
    assertThat(writer.call("GET", "prompt:7")).isEqualTo(OLD);
  }

  @Test
  void delInsideMulti_oldRowLandsNowhere() throws IOException, SQLException {
    race(() -> {
      assertThat(writer.call("MULTI")).isEqualTo("+OK\r\n");
      assertThat(writer.call("DEL", "prompt:7")).isEqualTo("+QUEUED\r\n");
      assertThat(writer.call("EXEC")).isEqualTo("*1\r\n:0\r\n");
    });
    assertThat(direct.call("GET", "prompt:7")).isEqualTo(NIL);
    assertThat(writer.call("GET", "prompt:7")).isEqualTo(NEW);
    assertThat(reader.call("GET", "prompt:7")).isEqualTo(NEW);
  }

  @Test
  void setWhileTheFillIsUnderWay_staysAsItWasSet() throws IOException, SQLException {
    race(() -> assertThat(writer.call("SET", "prompt:7", "set")).isEqualTo("+OK\r\n"));
    assertThat(direct.call("GET", "prompt:7")).isEqualTo("$3\r\nset\r\n");
    for (int i = 0; i < 5; i++) {
      assertThat(reader.call("GET", "prompt:7")).isEqualTo("$3\r\nset\r\n");
      assertThat(writer.call("GET", "prompt:7")).isEqualTo("$3\r\nset\r\n");
    }
  }

  /**
   * The value was set and is gone again when the old row comes: nothing is there to keep it out.
   */
  @Test
  void setAndDelWhileTheFillIsUnderWay_oldRowLandsNowhere() throws IOException, SQLException {
    race(() -> {
      writer.send("SET", "prompt:7", "set").send("DEL", "prompt:7");
      assertThat(writer.reply()).isEqualTo("+OK\r\n");
      assertThat(writer.reply()).isEqualTo(":1\r\n");
    });
    assertThat(direct.call("GET", "prompt:7")).isEqualTo(NIL);
    assertThat(writer.call("GET", "prompt:7")).isEqualTo(NEW);
  }

  @Test
  void readAfterTheDel_neverShowsTheOldRow_whileTheFirstReadIsStillHeldUp()
      throws IOException, SQLException {
    try (Gate gate = tiers.closeGate()) {
      reader.send("GET", "prompt:7");
      gate.awaitWaiting(1);
      tiers.database().execute("UPDATE prompt SET body = 'new' WHERE id = 7");
      writer.send("DEL", "prompt:7").send("GET", "prompt:7");
      assertThat(writer.reply()).isEqualTo(":0\r\n");
      gate.awaitWaiting(2);
    }
    assertThat(writer.reply()).isEqualTo(NEW);
    assertThat(reader.reply()).isEqualTo(OLD);
    assertThat(reader.call("GET", "prompt:7")).isEqualTo(NEW);
  }

  private void race(Write write) throws IOException, SQLException {
    try (Gate gate = tiers.closeGate()) {
      reader.send("GET", "prompt:7");
      gate.awaitWaiting(1);
      tiers.database().execute("UPDATE prompt SET body = 'new' WHERE id = 7");
      write.run();
    }
    assertThat(reader.reply()).isEqualTo(OLD);
  }
}
