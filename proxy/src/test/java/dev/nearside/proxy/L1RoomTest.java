package dev.nearside.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** What is said at the start of an L1 that cannot be filled. */
class L1RoomTest {
  private static final long MIB = 1 << 20;

  @Test
  void of_theDefaults_nothingIsSaid() {
    assertThat(L1Room.of(64 * MIB, 500_000, 247 * MIB, false)).isEmpty();
    assertThat(L1Room.of(64 * MIB, 500_000, 128 * MIB, false)).as("the image's share").isEmpty();
  }

  @Test
  void of_aHeapThatCannotHoldIt_namesTheHeapAndTheSizeThatFit() {
    List<String> said = L1Room.of(256 * MIB, 2_000_000, 256 * MIB, false);
    assertThat(said).singleElement().asString().contains("-Xmx329m", "at most 189MiB");
    assertThat(L1Room.of(256 * MIB, 2_000_000, 329 * MIB, false)).isEmpty();
    assertThat(L1Room.of(189 * MIB, 2_000_000, 256 * MIB, false)).isEmpty();
  }

  @Test
  void of_fewerTrackedKeysThanSmallValuesFit_saysIt() {
    assertThat(L1Room.of(256 * MIB, 500_000, 1024 * MIB, false))
        .singleElement()
        .asString()
        .contains("room for 1048576 values", "coherence.max-tracked-keys lets it hold 500000");
  }

  @Test
  void of_aLargeL1_asksForTheCollectorThatDoesNotStop_andTwiceTheRoom() {
    assertThat(L1Room.of(1024 * MIB, 5_000_000, 1174 * MIB, false))
        .singleElement()
        .asString()
        .contains("stops all clients", "-XX:+UseZGC -Xmx2096m in NEARSIDE", "at most 256MiB")
        .contains("in the image: -XX:-UseSerialGC -XX:+UseZGC -Xmx2096m in _JAVA_OPTIONS");
    assertThat(L1Room.of(1024 * MIB, 5_000_000, 256 * MIB, false))
        .singleElement()
        .asString()
        .contains("needs a heap of 1174 MiB", "-XX:+UseZGC -Xmx2096m", "at most 189MiB");
    assertThat(L1Room.of(1024 * MIB, 5_000_000, 900 * MIB, false))
        .singleElement()
        .asString()
        .contains("at most 256MiB");
    assertThat(L1Room.of(1024 * MIB, 5_000_000, 1174 * MIB, true))
        .singleElement()
        .asString()
        .contains("needs a heap of 2096 MiB", "-XX:+UseZGC -Xmx2096m", "at most 563MiB");
    assertThat(L1Room.of(1024 * MIB, 5_000_000, 2096 * MIB, true)).isEmpty();
  }
}
