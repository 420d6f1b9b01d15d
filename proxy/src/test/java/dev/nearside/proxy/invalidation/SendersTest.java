package dev.nearside.proxy.invalidation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.telemetry.RepairCause;
import org.junit.jupiter.api.Test;

class SendersTest {
  private final Senders senders = new Senders(3);

  private RepairCause message(long sender, long number) {
    return senders.heard(new FleetMessage(sender, number, new Target.Prefix(new byte[0])));
  }

  private RepairCause announcement(long sender, long number) {
    return senders.heard(new FleetMessage(sender, number, null));
  }

  @Test
  void heard_fromTheFirstOn_missesNothing() {
    assertThat(message(7, 1)).isNull();
    assertThat(message(7, 2)).isNull();
    assertThat(announcement(7, 2)).isNull();
    assertThat(message(8, 1)).isNull();
    assertThat(message(7, 3)).isNull();
  }

  @Test
  void heard_aGap_isNoticedOnce() {
    message(7, 1);
    assertThat(message(7, 3)).isEqualTo(RepairCause.GAP);
    assertThat(message(7, 4)).isNull();
  }

  @Test
  void heard_anAnnouncementBeyondTheLast_isAGap() {
    message(7, 1);
    assertThat(announcement(7, 2)).isEqualTo(RepairCause.GAP);
    assertThat(announcement(7, 2)).isNull();
    assertThat(message(7, 3)).isNull();
  }

  @Test
  void heard_anOldNumberAgain_isNoGapAndChangesNothing() {
    message(7, 1);
    message(7, 2);
    assertThat(message(7, 1)).isNull();
    assertThat(announcement(7, 1)).isNull();
    assertThat(message(7, 3)).isNull();
  }

  @Test
  void heard_aStranger_isNoticedUnlessItIsItsFirstMessage() {
    assertThat(message(7, 2)).isEqualTo(RepairCause.STRANGER);
    assertThat(announcement(8, 1)).isEqualTo(RepairCause.STRANGER);
    assertThat(message(7, 3)).isNull();
    assertThat(message(8, 2)).isNull();
  }

  @Test
  void heard_moreSendersThanAreRemembered_forgetsTheMostSilent() {
    message(1, 1);
    message(2, 1);
    message(3, 1);
    announcement(1, 1);
    message(4, 1);
    assertThat(announcement(1, 1)).isNull();
    assertThat(announcement(3, 1)).isNull();
    assertThat(message(2, 2))
        .as("forgotten, so it counts as missed")
        .isEqualTo(RepairCause.STRANGER);
  }
}
