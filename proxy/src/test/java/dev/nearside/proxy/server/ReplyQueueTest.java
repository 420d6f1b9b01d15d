package dev.nearside.proxy.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.embedded.EmbeddedChannel;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ReplyQueueTest {
  private final EmbeddedChannel channel = new EmbeddedChannel();
  private final ReplyQueue queue = new ReplyQueue(new Output(channel), () -> {});

  @AfterEach
  void release() {
    queue.output().discard();
    channel.finishAndReleaseAll();
  }

  private void answer(int times, int bytes) {
    for (int i = 0; i < times; i++) {
      PendingReply reply = queue.add(new PendingReply(queue));
      reply.append(new byte[bytes]);
      reply.complete();
      queue.output().flush();
      channel.releaseOutbound();
    }
  }

  private int takenUntilFull() {
    int taken = 0;
    while (!queue.isFull()) {
      queue.add(new PendingReply(queue));
      taken++;
    }
    return taken;
  }

  @Test
  void isFull_repliesNotYetKnown_at128() {
    assertThat(takenUntilFull()).isEqualTo(128);
  }

  @ParameterizedTest
  @CsvSource({"5,4096", "1024,1024", "10240,102", "65536,16", "1000000,8"})
  void isFull_repliesLikeTheOnesBefore_whenTheyWouldComeToOneMebibyte(int bytes, int expected) {
    answer(200, bytes);
    assertThat(takenUntilFull()).isEqualTo(expected);
  }

  @Test
  void isFull_oneLargeAmongSmall_isForgottenInTime() {
    answer(1, 100_000);
    answer(200, 5);
    assertThat(takenUntilFull()).isEqualTo(4096);
  }

  @Test
  void isFull_oneMebibyteWaitsForItsTurn_isFull() {
    queue.add(new PendingReply(queue));
    queue.add(new PendingReply(queue)).append(new byte[ReplyQueue.MAX_KEPT]);
    assertThat(queue.isFull()).isTrue();
    queue.close();
  }
}
