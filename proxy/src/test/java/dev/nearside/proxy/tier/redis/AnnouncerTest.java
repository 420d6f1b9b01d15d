package dev.nearside.proxy.tier.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.api.StatefulRedisConnection;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Who waits for an announcement is told what came of it. */
final class AnnouncerTest {
  private static final class FaultyLinks implements RowLinks {
    @Override
    public SideNames names() {
      return SideNames.IN_SLOTS;
    }

    @Override
    public StatefulRedisConnection<byte[], byte[]> at(int slot) {
      throw new IllegalStateException("a fault");
    }

    @Override
    public void doubt() {}
  }

  @Test
  void announcementThatCannotBeMade_fails_andSoDoesTheNext() {
    Announcer announcer = new Announcer(new WakeList(new SlotCalls(new FaultyLinks())));
    for (int i = 0; i < 2; i++) {
      CompletableFuture<Void> said = announcer.before("note", 7);
      assertThat(said).isCompletedExceptionally();
      assertThat(said.exceptionNow()).isInstanceOf(UnsentException.class);
    }
  }
}
