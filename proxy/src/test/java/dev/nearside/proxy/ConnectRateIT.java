package dev.nearside.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.Sidecar;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How often one sidecar knocks while its upstream takes nobody. */
@Timeout(120)
class ConnectRateIT {
  private static final int CLIENTS = 1000;
  private static final long ROUNDS_NS = 10_000_000_000L;

  /** Never asked; with one, the sidecar waits for leases on a connection of its own. */
  private static final String WITH_A_DATABASE =
      """
      database:
        url: jdbc:postgresql://127.0.0.1:1/none
      namespaces:
        row:
          keys: "row:{id}"
          l2-ttl: 1m
          database:
            query: select id, body from rows where id = any(:id)
      """;

  /** Accepts and closes at once, and counts. */
  private static final class Closing implements AutoCloseable {
    final AtomicInteger accepted = new AtomicInteger();
    private final ServerSocket listener =
        new ServerSocket(0, 4096, InetAddress.getLoopbackAddress());

    Closing() throws IOException {
      Thread.ofVirtual().start(this::accept);
    }

    private void accept() {
      try {
        while (true) {
          listener.accept().close();
          accepted.incrementAndGet();
        }
      } catch (IOException closed) {
        return; // the test has ended
      }
    }

    @Override
    public void close() throws IOException {
      listener.close();
    }
  }

  @Test
  void aThousandClientsRetry_theUpstreamIsTriedAFewTimesASecond() throws IOException {
    List<RespClient> clients = new ArrayList<>();
    try (Closing upstream = new Closing();
        Sidecar sidecar =
            Sidecar.configured(
                WITH_A_DATABASE,
                upstream.listener.getLocalPort(),
                "upstream.local-databases=0,1,2,3")) {
      for (int i = 0; i < CLIENTS; i++) {
        clients.add(sidecar.connect());
      }
      round(clients); // the first wave finds out
      upstream.accepted.set(0);
      long beganNs = System.nanoTime();
      int commands = 0;
      while (System.nanoTime() - beganNs < ROUNDS_NS) {
        commands += round(clients);
      }
      double seconds = (System.nanoTime() - beganNs) / 1e9;
      System.getLogger("ConnectRateIT")
          .log(
              System.Logger.Level.INFO,
              "{0} commands refused, {1} connects, {2} a second",
              commands,
              upstream.accepted.get(),
              upstream.accepted.get() / seconds);
      // two a second for lanes and pinned ones together, and two for the sidecar's own: tracked
      // connections of four databases, leases, administration, fleet
      assertThat(upstream.accepted.get()).isBetween(3, (int) (6 * seconds));
    } finally {
      for (RespClient each : clients) {
        each.close();
      }
    }
  }

  private static int round(List<RespClient> clients) throws IOException {
    for (int i = 0; i < clients.size(); i++) {
      switch (i % 4) {
        case 0 -> clients.get(i).send("GET", "k");
        case 1 -> clients.get(i).send("SET", "k", "v");
        case 2 -> clients.get(i).send("BLPOP", "k", "0");
        default -> clients.get(i).send("SUBSCRIBE", "k");
      }
    }
    for (RespClient client : clients) {
      assertThat(client.reply()).startsWith("-TRYAGAIN");
    }
    return clients.size();
  }
}
