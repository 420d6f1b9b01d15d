package dev.nearside.proxy.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.scene.DelayingHop;
import dev.nearside.proxy.scene.DelayingHop.Side;
import dev.nearside.proxy.scene.RedisServer;
import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.Sidecar;
import dev.nearside.proxy.scene.Waiting;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A write is refused where the deletion of its lease, which goes just ahead of it, was. */
@Timeout(120)
class RefusedLeaseIT {
  private static final String YAML =
      """
      database:
        url: jdbc:postgresql://127.0.0.1:1/nowhere
        user: nobody
      namespaces:
        user:
          keys: user:{id:bigint}
          l2-ttl: 1h
          database:
            query: SELECT id, name FROM account WHERE id = ANY(:id)
            value: name
      """;
  private static final String SETS = "nearside_requests_total{way=\"relay\",command=\"set\"}";

  /** What a lane lets wait while it is being connected. */
  private static final int MOST_WAITING_BYTES = 16 * 1024 * 1024;

  /** Takes {@code DEL user:1}, of 25 bytes, but not the longer request that deletes its lease. */
  private static final int ROOM = 30;

  private static final int VALUE_BYTES = 60_000;
  private static final int AROUND_VALUE = 30;
  private static final int PER_CLIENT = 100;

  @Test
  void deletionThatFindsNoRoomAmongTheWaiting_refusesTheWriteToo() throws IOException {
    List<RespClient> crowd = new ArrayList<>();
    try (RedisServer redis = RedisServer.start();
        DelayingHop hop = DelayingHop.to(redis.port());
        Sidecar sidecar =
            Sidecar.configured(YAML, hop.port(), "event-loops=1", "upstream.connect-timeout=1h")
                .awaitReady();
        RespClient writer = sidecar.connect()) {
      hop.stall(Side.OTHERS, true);
      fill(sidecar, crowd);
      assertThat(writer.call("DEL", "user:1"))
          .isEqualTo("-TRYAGAIN upstream unavailable: saturated, retry later\r\n");
      hop.stall(Side.OTHERS, false);
    } finally {
      for (RespClient client : crowd) {
        client.close();
      }
    }
  }

  private static void fill(Sidecar sidecar, List<RespClient> crowd) throws IOException {
    int left = MOST_WAITING_BYTES - ROOM;
    double before = sidecar.metric(SETS);
    int sent = 0;
    while (left > 0) {
      if (sent % PER_CLIENT == 0) {
        crowd.add(sidecar.connect());
      }
      int value = Math.min(VALUE_BYTES, left - AROUND_VALUE);
      crowd.getLast().send("SET", "f", "v".repeat(value));
      left -= value + AROUND_VALUE;
      sent++;
    }
    int all = sent;
    Waiting.until("they all wait", () -> sidecar.metric(SETS) - before == all);
  }
}
