package dev.nearside.proxy.write;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.write.GatheringRoom.Share;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class GatheringRoomTest {
  private static final int MOST = GatheringRoom.MOST_BYTES;

  private final GatheringRoom room = new GatheringRoom(Duration.ofSeconds(1));
  private final List<String> let = new ArrayList<>();

  @Test
  void ask_whileThereIsRoom_isGranted() {
    Share first = ask("first", MOST);
    Share second = ask("second", MOST - 1);
    Share third = ask("third", 2);
    Share fourth = ask("fourth", 1);

    assertThat(first.isHeld()).isTrue();
    assertThat(second.isHeld()).isTrue();
    assertThat(third.isHeld()).isFalse();
    assertThat(fourth.isHeld()).as("behind whoever came before").isFalse();
    assertThat(let).containsExactly("first", "second");
  }

  @Test
  void end_letsInWhoeverWaits_inOrder() {
    Share first = ask("first", MOST);
    Share second = ask("second", MOST);
    ask("third", MOST);
    ask("fourth", 1);

    second.end();
    second.end();
    assertThat(let).containsExactly("first", "second", "third");
    first.end();
    assertThat(let).containsExactly("first", "second", "third", "fourth");
  }

  @Test
  void endOfOneThatWaits_letsInThoseBehindIt() {
    Share first = ask("first", MOST);
    ask("second", MOST - 1);
    Share third = ask("third", MOST);
    Share fourth = ask("fourth", 1);

    third.end();
    assertThat(fourth.isHeld()).isTrue();
    assertThat(third.isHeld()).isFalse();
    first.end();
    assertThat(let).as("who has given up").doesNotContain("third");
  }

  private Share ask(String name, int bytes) {
    return room.ask(bytes, () -> let.add(name));
  }
}
