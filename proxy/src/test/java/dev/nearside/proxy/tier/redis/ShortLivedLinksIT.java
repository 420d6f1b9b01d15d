package dev.nearside.proxy.tier.redis;

import dev.nearside.proxy.guard.ConnectPace;
import dev.nearside.proxy.invalidation.FleetBus;
import dev.nearside.proxy.scene.ScriptedUpstream;
import dev.nearside.proxy.scene.Waiting;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** An upstream that lets everybody in and throws everybody out again. */
class ShortLivedLinksIT {
  private static final Duration PATIENCE = Duration.ofSeconds(5);
  private static final String SUBSCRIBED =
      ">3\r\n$9\r\nsubscribe\r\n$19\r\nnearside:invalidate\r\n:1\r\n";

  private final long startedNs = System.nanoTime();
  private final ConnectPace pace = new ConnectPace();
  private final ScheduledExecutorService scheduler =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("short-lives").factory());
  private ScriptedUpstream upstream;
  private RedisClient client;
  private RedisURI uri;

  @BeforeEach
  void start() throws IOException {
    upstream = ScriptedUpstream.greeting(ShortLivedLinksIT::throwOut);
    client = RedisClient.create();
    client.setOptions(ClientOptions.builder().autoReconnect(false).build());
    uri = RedisURI.create("127.0.0.1", upstream.port());
  }

  @AfterEach
  void stop() {
    scheduler.shutdownNow();
    client.shutdown(Duration.ZERO, PATIENCE);
    upstream.close();
  }

  private static void throwOut(List<String> request, ScriptedUpstream.Connection connection)
      throws IOException {
    switch (request.getFirst()) {
      case "HELLO" -> connection.send("%2\r\n+server\r\n+redis\r\n+proto\r\n:3\r\n");
      case "SUBSCRIBE" -> {
        connection.send(SUBSCRIBED);
        connection.close();
      }
      case "COMMAND" -> connection.close();
      default -> connection.send("-ERR not here\r\n");
    }
  }

  @Test
  void subscriptionThatEndsAtOnce_isAFailedTry() {
    try (FleetConnection fleet =
        new FleetConnection(Connector.to(client, uri), scheduler, pace, PATIENCE)) {
      fleet.start(
          new FleetBus.Listener() {
            @Override
            public void subscribed() {}

            @Override
            public void received(byte[] message) {}
          });
      awaitFailedTry();
    }
  }

  @Test
  void administrationThatEndsAtOnce_isAFailedTry() {
    LeaseWatch watch =
        new LeaseWatch(
            Connector.to(client, uri),
            SideNames.PLAIN,
            scheduler,
            pace,
            new LeaseWatch.Settings(PATIENCE, PATIENCE, PATIENCE),
            key -> {});
    try (RedisAdministration administration =
        new RedisAdministration(
            Connector.to(client, uri), scheduler, pace, watch, commands -> {})) {
      administration.start();
      awaitFailedTry();
    }
  }

  private void awaitFailedTry() {
    Waiting.until("others would have had to wait", () -> pace.waitNs(startedNs) > 0);
  }
}
