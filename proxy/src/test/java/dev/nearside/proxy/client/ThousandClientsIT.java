package dev.nearside.proxy.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.scene.RedisServer;
import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.Sidecar;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Clients without state on the server share connections to it. */
class ThousandClientsIT {
  private static final int CLIENTS = 1_000;
  private static final int COMMANDS = 10;
  private static final int LOOPS = 2;
  private static final List<String> SHARED =
      List.of("reads", "writes", "scripts", "bulk", "greeting");

  /** Of each kind one for each loop and protocol; the sidecar's own besides. */
  private static final int MOST_LANES = SHARED.size() * LOOPS * 2;

  private static final int OWN = 6;

  @Test
  void ordinaryCommands_ofAThousandClients_takeAHandfulOfConnections() throws IOException {
    List<RespClient> clients = new ArrayList<>();
    try (RedisServer redis = RedisServer.start();
        Sidecar sidecar = Sidecar.inFrontOf(redis.port(), "event-loops=" + LOOPS).awaitReady();
        RespClient direct = RespClient.connect(redis.port())) {
      for (int i = 0; i < CLIENTS; i++) {
        clients.add(sidecar.connect());
      }
      for (int i = 0; i < CLIENTS; i++) {
        clients.get(i).sendRaw(ordinary(i));
      }
      for (RespClient client : clients) {
        for (int i = 0; i < COMMANDS; i++) {
          client.reply();
        }
      }
      double lanes = 0;
      for (String kind : SHARED) {
        lanes += sidecar.metric("nearside_upstream_connections{kind=\"" + kind + "\"}");
      }
      assertThat(lanes).isBetween(1.0, (double) MOST_LANES);
      assertThat(sidecar.metric("nearside_clients")).isEqualTo(CLIENTS);
      assertThat(sidecar.metric("nearside_clients_pinned_total")).isZero();
      Matcher connected =
          Pattern.compile("connected_clients:(\\d+)").matcher(direct.call("INFO", "clients"));
      assertThat(connected.find()).isTrue();
      assertThat(Integer.parseInt(connected.group(1))).isLessThanOrEqualTo(MOST_LANES + OWN);
    } finally {
      for (RespClient client : clients) {
        client.close();
      }
    }
  }

  /** What a client of this number says: a greeting as libraries send it, and every kind of lane. */
  private static String ordinary(int i) {
    return (i % 2 == 0 ? "HELLO 3 SETNAME app" : "CLIENT SETNAME app")
        + ("\r\nSET k%1$d %1$d\r\nGET k%1$d\r\nGET k%1$d\r\nINCR n\r\nMGET k%1$d n\r\nEVAL 'return 1'"
                + " 0\r\nHSET h%1$d f v\r\nDUMP k%1$d\r\nSCAN 0\r\n")
            .formatted(i);
  }
}
