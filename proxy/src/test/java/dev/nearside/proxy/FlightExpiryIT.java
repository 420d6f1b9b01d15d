package dev.nearside.proxy;

import static dev.nearside.proxy.CoherenceScene.bulk;
import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.scene.DelayingHop.Side;
import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.Waiting;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A flight whose answer is on its way when its key expires. */
@Timeout(60)
class FlightExpiryIT {
  private static final int SLOW_MS = 400;

  @Test
  void get_thatJoinsAFlightAfterTheKeyExpired_seesNothing() throws IOException {
    try (CoherenceScene scene = CoherenceScene.start();
        RespClient early = scene.client();
        RespClient late = scene.client()) {
      scene.holdAsIs(early, "other");
      scene.hop.delay(Side.TRACKED, SLOW_MS);
      scene.direct.call("SET", "k", "v", "PX", Integer.toString(SLOW_MS + SLOW_MS / 4));
      early.send("GET", "k");
      Waiting.until("k has expired", () -> scene.direct.call("PTTL", "k").equals(":-2\r\n"));
      assertThat(early.hasBytes()).as("the flight is still under way").isFalse();
      assertThat(late.call("GET", "k")).isEqualTo("$-1\r\n");
      assertThat(early.reply()).isEqualTo(bulk("v"));
    }
  }
}
