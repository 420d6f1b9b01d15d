package dev.nearside.proxy.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.channel.embedded.EmbeddedChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ReplyQueueTest {
  private final EmbeddedChannel channel = new EmbeddedChannel();
  private final ReplyQueue queue = new ReplyQueue(new Output(channel), () -> {});

  private int looks;

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

  /** A reply the upstream has still to give, until it is told otherwise. */
  private final class Awaited extends PendingReply {
    private boolean answered;

    Awaited() {
      super(queue);
    }

    @Override
    boolean isAwaited() {
      looks++;
      return !answered;
    }

    void answer(String bytes) {
      append(bytes.getBytes(StandardCharsets.US_ASCII));
      answered = true;
      complete();
    }
  }

  private PendingReply push(String bytes) {
    PendingReply push =
        new PendingReply(queue) {
          @Override
          boolean isAwaited() {
            looks++;
            return false;
          }
        };
    push.hold();
    queue.addBeforeAwaited(push);
    push.append(bytes.getBytes(StandardCharsets.US_ASCII));
    push.complete();
    return push;
  }

  private String written() {
    queue.output().flush();
    StringBuilder bytes = new StringBuilder();
    for (ByteBuf out = channel.readOutbound(); out != null; out = channel.readOutbound()) {
      bytes.append(out.toString(StandardCharsets.US_ASCII));
      out.release();
    }
    return bytes.toString();
  }

  @Test
  void addBeforeAwaited_asRepliesAreAnswered_keepsTheOrderOfTheUpstream() {
    PendingReply first = push("1");
    Awaited two = queue.add(new Awaited());
    first.release();
    two.answer("2");
    PendingReply third = push("3");
    Awaited five = queue.add(new Awaited());
    Awaited six = queue.add(new Awaited());
    PendingReply fourth = push("4");
    five.answer("5");
    PendingReply afterFive = push(";");
    fourth.release();
    afterFive.release();
    assertThat(written()).isEqualTo("12");
    third.release();
    assertThat(written()).isEqualTo("345;");
    six.answer("6");
    push("7").release();
    push("8").release();
    assertThat(written()).isEqualTo("678");
    assertThat(queue.isEmpty()).isTrue();
  }

  @Test
  void addBeforeAwaited_manyHeld_looksAtEachReplyOnce() {
    List<PendingReply> pushes = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      pushes.add(push("a"));
    }
    Awaited awaited = queue.add(new Awaited());
    for (int i = 0; i < 500; i++) {
      pushes.add(push("b"));
    }
    assertThat(looks).isLessThan(1_000);
    awaited.answer("c");
    pushes.forEach(PendingReply::release);
    assertThat(written()).isEqualTo("a".repeat(500) + "b".repeat(500) + "c");
  }

  @Test
  void owesReplies_onlyPushesWait_owesNone() {
    PendingReply push = push("p");
    assertThat(queue.owesReplies()).isFalse();
    assertThat(queue.isEmpty()).isFalse();
    Awaited awaited = queue.add(new Awaited());
    push("more");
    assertThat(queue.owesReplies()).isTrue();
    awaited.answer("a");
    assertThat(queue.owesReplies()).isTrue();
    queue.close();
    assertThat(queue.owesReplies()).isFalse();
    assertThat(push.isComplete()).isFalse();
  }

  @Test
  void isFull_ofPushesAlone_isNot() {
    for (int i = 0; i < 10_000; i++) {
      push("p".repeat(200));
    }
    assertThat(queue.isFull()).isFalse();
    queue.add(new Awaited());
    assertThat(queue.isFull()).isTrue();
    queue.close();
  }

  @Test
  void isAtEnd_pushesComeBehindTheEnd_areNotWaitedFor() {
    Awaited last = queue.add(new Awaited());
    queue.endHere();
    last.answer("a");
    assertThat(queue.isAtEnd()).isTrue();
    PendingReply held = push("b");
    queue.endHere();
    push("c");
    assertThat(queue.isAtEnd()).isFalse();
    held.release();
    assertThat(queue.isAtEnd()).isTrue();
    queue.close();
  }
}
