package dev.nearside.benchmarks.generator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class ReplyCheckTest {
  private static final int PIPELINE = 3;

  /** Fits nowhere: in no value, number or integer. */
  private static final byte WRONG = '!';

  @ParameterizedTest
  @EnumSource(Workload.class)
  void consume_rightRepliesCutAtEveryByte_allEnd(Workload workload) throws Exception {
    Batch batch = batch(workload);
    byte[] replies = replies(batch);
    for (int cut = 0; cut <= replies.length; cut++) {
      ReplyCheck check = started(batch);
      int before = consume(check, replies, 0, cut);
      int after = consume(check, replies, cut, replies.length);
      assertThat(before + after).as("cut at %d", cut).isEqualTo(PIPELINE);
      assertThat(check.isDone()).isTrue();
    }
  }

  @ParameterizedTest
  @EnumSource(Workload.class)
  void consume_anyByteIsAnother_isNoticedThere(Workload workload) throws Exception {
    Batch batch = batch(workload);
    byte[] right = replies(batch);
    for (int at = 0; at < right.length; at++) {
      byte[] wrong = right.clone();
      wrong[at] = WRONG;
      assertThatThrownBy(() -> consume(started(batch), wrong, 0, wrong.length))
          .as("byte %d", at)
          .isInstanceOf(WrongReplyException.class)
          .hasMessageContaining("came \"!");
    }
  }

  @Test
  void consume_valueOfAnotherKey_saysWhatWasDueAndWhatCame() {
    Batch batch = batch(Workload.READ);
    String due = batch.exchange(0).reply().text(batch.digits(0));
    String other = batch.exchange(0).reply().text(Numbers.digits(99_999_999));

    assertThatThrownBy(() -> consume(started(batch), ascii(other), 0, other.length()))
        .isInstanceOf(WrongReplyException.class)
        .hasMessageContaining(due.replace("\r\n", "\\r\\n"))
        .hasMessageContaining("99999999");
  }

  @Test
  void consume_errorWhereAnIntegerIsDue_isNoticed() {
    assertThatThrownBy(() ->
            consume(started(batch(Workload.INCR)), ascii("-ERR no\r\n"), 0, "-ERR no\r\n".length()))
        .isInstanceOf(WrongReplyException.class)
        .hasMessageContaining("-ERR no\\r\\n");
  }

  @Test
  void consume_emptyInteger_isNoticed() {
    assertThatThrownBy(() -> consume(started(batch(Workload.INCR)), ascii(":\r\n"), 0, 3))
        .isInstanceOf(WrongReplyException.class);
  }

  @Test
  void consume_oneReplyTooMany_isNoticed() throws Exception {
    Batch batch = batch(Workload.READ);
    byte[] replies = replies(batch);
    ReplyCheck check = started(batch);
    consume(check, replies, 0, replies.length);

    assertThatThrownBy(() -> consume(check, replies, 0, 1))
        .isInstanceOf(WrongReplyException.class)
        .hasMessageContaining("nothing");
  }

  private static Batch batch(Workload workload) {
    KeySpace keys = KeySpace.uniform(1000).withCold(1000, 0.5);
    Load load = new Load(workload, PIPELINE, 1, keys, Values.of(20), 0, 0, 1, 0);
    Assignment assignment = new Assignment(load, Address.ofPort(0), List.of(), 1, 0);
    Batch batch = new Batch(new Mix(assignment, 0), PIPELINE);
    batch.next();
    return batch;
  }

  private static ReplyCheck started(Batch batch) {
    ReplyCheck check = new ReplyCheck(batch);
    check.begin();
    return check;
  }

  private static byte[] replies(Batch batch) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < batch.size(); i++) {
      text.append(batch.exchange(i).reply().text(batch.digits(i)));
    }
    return ascii(text.toString().replace(ReplyPattern.INTEGER, "120"));
  }

  private static int consume(ReplyCheck check, byte[] bytes, int from, int to) throws Exception {
    MemorySegment rest = MemorySegment.ofArray(bytes).asSlice(from);
    return check.consume(rest, to - from);
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
