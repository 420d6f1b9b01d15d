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
 * Leases and the reads of namespaces where it is not known in which Redis database a command is
 * going to be executed: namespaces are about database 0 only.
 */
class LeaseDatabaseIT {
  private static final String OK = "+OK\r\n";
  private static final String NIL = "$-1\r\n";
  private static final String ROW = "$3\r\nold\r\n";
  private static final String QUEUED = "+QUEUED\r\n";

  private static ThreeTiers tiers;

  private Sidecar sidecar;
  private RespClient client;
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
    client = sidecar.connect();
  }

  @AfterEach
  void disconnect() throws IOException {
    client.close();
    direct.close();
    sidecar.close();
  }

  @Test
  void delBehindAnUnansweredSelect_oldRowLandsNowhere() throws IOException, SQLException {
    pinIn("1");
    try (RespClient reader = sidecar.connect()) {
      holdUpThen(
          reader,
          () -> {
            client.sendRaw("SELECT 0\r\nDEL prompt:7\r\n");
            assertThat(client.reply()).isEqualTo(OK);
            assertThat(client.reply()).isEqualTo(":0\r\n");
          });
    }
    assertThat(direct.call("GET", "prompt:7")).isEqualTo(NIL);
  }

  @Test
  void delBehindASelectInsideMulti_oldRowLandsNowhere() throws IOException, SQLException {
    pinIn("1");
    try (RespClient reader = sidecar.connect()) {
      holdUpThen(
          reader,
          () -> {
            assertThat(client.call("MULTI")).isEqualTo(OK);
            assertThat(client.call("SELECT", "0")).isEqualTo(QUEUED);
            assertThat(client.call("DEL", "prompt:7")).isEqualTo(QUEUED);
            assertThat(client.call("EXEC")).isEqualTo("*2\r\n+OK\r\n:0\r\n");
          });
    }
    assertThat(direct.call("GET", "prompt:7")).isEqualTo(NIL);
  }

  /** The keys of the transaction were named while it was in another database. */
  @Test
  void delInsideMultiBehindAnUnansweredSelect_oldRowLandsNowhere()
      throws IOException, SQLException {
    pinIn("1");
    try (RespClient reader = sidecar.connect()) {
      holdUpThen(
          reader,
          () -> {
            client.sendRaw("SELECT 0\r\nMULTI\r\nDEL prompt:7\r\n");
            assertThat(client.reply()).isEqualTo(OK);
            assertThat(client.reply()).isEqualTo(OK);
            assertThat(client.reply()).isEqualTo(QUEUED);
            assertThat(client.call("EXEC")).isEqualTo("*1\r\n:0\r\n");
          });
    }
    assertThat(direct.call("GET", "prompt:7")).isEqualTo(NIL);
  }

  @Test
  void delAfterATransactionThatSelected_oldRowLandsNowhere() throws IOException, SQLException {
    pinIn("1");
    assertThat(client.call("MULTI")).isEqualTo(OK);
    assertThat(client.call("SELECT", "0")).isEqualTo(QUEUED);
    assertThat(client.call("EXEC")).isEqualTo("*1\r\n+OK\r\n");
    try (RespClient reader = sidecar.connect()) {
      holdUpThen(reader, () -> assertThat(client.call("DEL", "prompt:7")).isEqualTo(":0\r\n"));
    }
    assertThat(direct.call("GET", "prompt:7")).isEqualTo(NIL);
  }

  @Test
  void getBehindAnUnansweredSelect_isReadThroughWhereItIsExecuted() throws IOException {
    pinIn("0");
    client.sendRaw("SELECT 1\r\nGET prompt:7\r\n");
    assertThat(client.reply()).isEqualTo(OK);
    assertThat(client.reply()).isEqualTo(NIL);
    client.sendRaw("SELECT 0\r\nGET prompt:7\r\n");
    assertThat(client.reply()).isEqualTo(OK);
    assertThat(client.reply()).isEqualTo(ROW);
  }

  @Test
  void mgetBehindAnUnansweredSelect_isReadThroughWhereItIsExecuted() throws IOException {
    pinIn("0");
    client.sendRaw("SELECT 1\r\nMGET prompt:7\r\n");
    assertThat(client.reply()).isEqualTo(OK);
    assertThat(client.reply()).isEqualTo("*1\r\n" + NIL);
    client.sendRaw("SELECT 0\r\nMGET prompt:7\r\n");
    assertThat(client.reply()).isEqualTo(OK);
    assertThat(client.reply()).isEqualTo("*1\r\n" + ROW);
  }

  /** WATCH and UNWATCH leave it a connection of its own for a while. */
  private void pinIn(String database) throws IOException {
    assertThat(client.call("SELECT", database)).isEqualTo(OK);
    assertThat(client.call("WATCH", "other")).isEqualTo(OK);
    assertThat(client.call("UNWATCH")).isEqualTo(OK);
  }

  /** The old row is on its way when {@code write} comes. */
  private void holdUpThen(RespClient reader, Write write) throws IOException, SQLException {
    try (Gate gate = tiers.closeGate()) {
      reader.send("GET", "prompt:7");
      gate.awaitWaiting(1);
      write.run();
    }
    assertThat(reader.reply()).isEqualTo(ROW);
  }

  /** What a writer does while the old row is on its way. */
  @FunctionalInterface
  private interface Write {
    void run() throws IOException;
  }
}
