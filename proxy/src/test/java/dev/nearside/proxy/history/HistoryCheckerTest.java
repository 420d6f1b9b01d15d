package dev.nearside.proxy.history;

import static dev.nearside.proxy.history.Scribe.A;
import static dev.nearside.proxy.history.Scribe.B;
import static dev.nearside.proxy.history.Scribe.DIRECT;
import static dev.nearside.proxy.history.Sign.NIL;
import static dev.nearside.proxy.history.Sign.OK;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each promise: a history that breaks it is refused, and its legal twin is not. */
class HistoryCheckerTest {
  /** Keys a and b in the first database, and a in the second. */
  private static final int X = 0;

  private static final int Y = 1;
  private static final int X1 = Group.KEYS;

  private final Scribe scribe = new Scribe();

  private static Step set(int slot, String value) {
    return Step.set(slot, value, 0, 0);
  }

  private void setDirectly(long fromMs, int slot, String value) {
    scribe.client(DIRECT).asked(fromMs, fromMs + 1, set(slot, value), OK);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 255, 256, 257})
  void connection_ofAnyNumber_isOneOfItsOwn(int number) {
    setDirectly(0, X, "1");
    for (int i = 1; i < number; i++) {
      scribe.client(DIRECT);
    }
    Scribe.Client late = scribe.client(DIRECT);
    late.asked(2, 3, set(X, "2"), OK);
    late.asked(4, 5, set(X, "1"), OK);
    late.asked(6, 7, set(Y, "1"), OK);
    assertThat(scribe.isLegal()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(ints = {A, B})
  void read_afterAWriteThroughASidecar_seesItThere(int reader) {
    scribe.client(A).asked(0, 1, set(X, "1"), OK);
    scribe.client(reader).got(2, 3, X, NIL);
    assertThat(scribe.isLegal()).isEqualTo(reader == B);
  }

  @ParameterizedTest
  @ValueSource(ints = {A, B})
  void read_ofAnotherKeyAfterAWrite_mayBeOlder(int writer) {
    setDirectly(0, Y, "1");
    scribe.client(writer).asked(2, 3, set(X, "1"), OK);
    scribe.client(A).got(4, 5, Y, NIL);
    assertThat(scribe.isLegal()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(ints = {A, B})
  void read_afterANewerStateWasShown_isNotOlder(int reader) {
    setDirectly(0, X, "1");
    setDirectly(2, X, "2");
    scribe.client(A).got(4, 5, X, "2");
    scribe.client(reader).got(6, 7, X, "1");
    assertThat(scribe.isLegal()).isEqualTo(reader == B);
  }

  @ParameterizedTest
  @ValueSource(ints = {A, B})
  void read_afterAnotherPathShowedANewerState_isNotOlder(int path) {
    setDirectly(0, X, "1");
    setDirectly(2, X, "22");
    scribe.client(path).asked(4, 5, Step.of(Verb.STRLEN, X), 2L);
    scribe.client(A).got(6, 7, X, "1");
    assertThat(scribe.isLegal()).isEqualTo(path == B);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void read_afterAnyReplyToTheSameConnection_isAsNew(boolean same) {
    setDirectly(0, Y, "1");
    setDirectly(2, X, "1");
    Scribe.Client first = scribe.client(A);
    first.asked(4, 5, Step.of(Verb.EXISTS, X), 1L);
    (same ? first : scribe.client(A)).got(6, 7, Y, NIL);
    assertThat(scribe.isLegal()).isEqualTo(!same);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void read_afterAReplyThatTellsNothingOfOthers_mayBeOlder(boolean tells) {
    setDirectly(0, Y, "1");
    Scribe.Client client = scribe.client(A);
    client.asked(2, 3, Step.set(X, "1", 0, tells ? Step.GET : 0), tells ? NIL : OK);
    client.got(4, 5, Y, NIL);
    assertThat(scribe.isLegal()).isEqualTo(!tells);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void read_afterALocalReadOfTheSameConnection_isAsNew(boolean same) {
    setDirectly(0, Y, "1");
    setDirectly(2, X, "1");
    Scribe.Client first = scribe.client(A);
    first.got(4, 5, X, "1");
    (same ? first : scribe.client(A)).got(6, 7, Y, NIL);
    assertThat(scribe.isLegal()).isEqualTo(!same);
  }

  @ParameterizedTest
  @ValueSource(ints = {4, 9})
  void read_afterAMessage_seesWhatWasWrittenBeforeIt(int receivedMs) {
    setDirectly(0, X, "1");
    Operation told = scribe.client(DIRECT).asked(2, 3, Step.text(Verb.TELL, X, "x"), 0L);
    scribe.received(A, told, receivedMs).client(A).got(6, 7, X, NIL);
    assertThat(scribe.isLegal()).isEqualTo(receivedMs == 9);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void read_afterAPop_seesWhatWasWrittenBeforeItOnTheSameConnection(boolean same) {
    setDirectly(0, X, "1");
    Operation told = scribe.client(DIRECT).asked(2, 3, Step.text(Verb.TELL, X, "x"), 1L);
    Scribe.Client pops = scribe.client(A);
    scribe.popped(pops, told, 5);
    (same ? pops : scribe.client(A)).got(6, 7, X, NIL);
    assertThat(scribe.isLegal()).isEqualTo(!same);
  }

  @ParameterizedTest
  @ValueSource(ints = {900, 1002})
  void read_ofAStateOlderThanTheBound_isRefused(int ms) {
    setDirectly(0, X, "1");
    scribe.client(A).got(ms, ms + 1, X, NIL);
    assertThat(scribe.isLegal()).isEqualTo(ms == 900);
  }

  @ParameterizedTest
  @CsvSource({"90, true", "120, true", "90, false", "120, false"})
  void value_afterItsExpiry_isRefused(int ms, boolean moment) {
    scribe.client(DIRECT).asked(0, 1, endingAt100(moment), OK);
    scribe.client(A).got(ms, ms + 1, X, "1");
    assertThat(scribe.isLegal()).isEqualTo(ms == 90);
  }

  /** Returns a SET at 0 that ends at 100, by a moment or by a time to live. */
  private static Step endingAt100(boolean moment) {
    long atMs = WallClock.unixMillis(TimeUnit.MILLISECONDS.toNanos(100));
    return moment ? Step.set(X, "1", atMs, Step.PXAT) : Step.set(X, "1", 100, Step.PX);
  }

  @ParameterizedTest
  @CsvSource({"50, true", "101, true", "120, true", "50, false", "101, false", "120, false"})
  void absence_beforeAnExpiry_isRefused(int ms, boolean moment) {
    scribe.client(A).asked(0, 1, endingAt100(moment), OK);
    scribe.client(A).got(ms, ms + 1, X, NIL);
    assertThat(scribe.isLegal()).isEqualTo(ms != 50);
  }

  @ParameterizedTest
  @ValueSource(strings = {"PERSIST", "SET", "RENAME"})
  void value_whoseExpiryWasTakenBack_mayBeShown(String taken) {
    Scribe.Client client = scribe.client(A);
    client.asked(0, 1, Step.set(X, "1", 100, Step.PX), OK);
    switch (taken) {
      case "PERSIST" -> client.asked(50, 51, Step.of(Verb.PERSIST, X), 1L);
      case "SET" -> client.asked(50, 51, set(X, "1"), OK);
      default -> client.asked(50, 51, Step.of(Verb.RENAME, X, Y), OK);
    }
    client.got(120, 121, X, "1");
    assertThat(scribe.isLegal()).isEqualTo(!taken.equals("RENAME"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"1 1", "nil nil", "1 nil", "nil 1"})
  void mget_ofKeysChangedTogether_isOneSnapshot(String seen) {
    scribe.client(DIRECT).atOnce(0, 1, List.of(set(X, "1"), set(Y, "1")), OK, OK);
    Object[] values = new Object[2];
    for (int i = 0; i < 2; i++) {
      values[i] = seen.split(" ", -1)[i].equals("1") ? "1" : NIL;
    }
    scribe.client(A).got(2, 3, new int[] {X, Y}, values);
    assertThat(scribe.isLegal()).isEqualTo(values[0].equals(values[1]));
  }

  @ParameterizedTest
  @ValueSource(strings = {"1", "2", "nil"})
  void rename_ofAnUpdatedKey_losesNoUpdate(String seen) {
    Scribe.Client client = scribe.client(A);
    client.asked(0, 1, set(X, "1"), OK);
    client.asked(2, 3, set(X, "2"), OK);
    client.asked(4, 5, Step.of(Verb.RENAME, X, Y), OK);
    scribe.client(A).got(6, 7, Y, seen.equals("nil") ? NIL : seen);
    assertThat(scribe.isLegal()).isEqualTo(seen.equals("2"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"source", "target"})
  void commandOfTwoKeys_isSeenInBoth(String looked) {
    Scribe.Client client = scribe.client(A);
    client.asked(0, 1, set(X, "1"), OK);
    client.asked(2, 3, Step.of(Verb.MOVE, X, X1), 1L);
    scribe.client(A).got(4, 5, looked.equals("source") ? X : X1, "1");
    assertThat(scribe.isLegal()).isEqualTo(looked.equals("target"));
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2})
  void increments_neverLoseOne(long second) {
    scribe.client(A).asked(0, 5, Step.of(Verb.INCR, X), 1L);
    scribe.client(DIRECT).asked(1, 4, Step.of(Verb.INCR, X), second);
    assertThat(scribe.isLegal()).isEqualTo(second == 2);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 4})
  void read_ofAStateBeforeItWasWritten_isRefused(int writtenMs) {
    scribe.client(A).got(1, 2, X, "1");
    setDirectly(writtenMs, X, "1");
    assertThat(scribe.isLegal()).isEqualTo(writtenMs == 0);
  }

  @ParameterizedTest
  @ValueSource(strings = {"nil nil", "nil 1", "1 1", "1 nil"})
  void unansweredWrite_happensOnceOrNever(String seen) {
    scribe.client(A).lost(0, set(X, "1"));
    Scribe.Client reader = scribe.client(A);
    String[] values = seen.split(" ", -1);
    reader.got(2, 3, X, values[0].equals("1") ? "1" : NIL);
    reader.got(4, 5, X, values[1].equals("1") ? "1" : NIL);
    assertThat(scribe.isLegal()).isEqualTo(!seen.equals("1 nil"));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void strictRead_isAsNewAsRedis(boolean fresh) {
    setDirectly(0, X, "1");
    scribe.client(A).got(2, 3, X, fresh ? "1" : NIL);
    assertThat(scribe.isLegalWhereReadsAreStrict()).isEqualTo(fresh);
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 5})
  void strictRead_afterAnotherAnywhere_isAsNew(int secondMs) {
    scribe.client(DIRECT).asked(0, 9, set(X, "1"), OK);
    scribe.client(A).got(3, 4, X, "1");
    scribe.client(B).got(secondMs, 6, X, NIL);
    assertThat(scribe.isLegalWhereReadsAreStrict()).isEqualTo(secondMs == 2);
  }

  /** The first reader knew more, and has shown nothing of it. */
  @Test
  void read_afterOneThatShowedTheSame_needNotKnowWhatThatKnew() {
    scribe.client(A).asked(0, 1, set(X, "1"), OK);
    setDirectly(2, Y, "1");
    scribe.client(A).asked(4, 5, Step.of(Verb.STRLEN, X), 1L);
    Scribe.Client reader = scribe.client(A);
    reader.got(6, 7, X, "1");
    reader.got(8, 9, Y, NIL);
    assertThat(scribe.isLegal()).isTrue();
  }

  @Test
  void read_afterOneThatShowedMore_knowsThat() {
    scribe.client(A).asked(0, 1, set(X, "1"), OK);
    setDirectly(2, Y, "1");
    setDirectly(4, X, "22");
    scribe.client(A).asked(6, 7, Step.of(Verb.STRLEN, X), 2L);
    Scribe.Client reader = scribe.client(A);
    reader.got(8, 9, X, "22");
    reader.got(10, 11, Y, NIL);
    assertThat(scribe.isLegal()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(ints = {X, Y})
  void readSentTogetherWithAWrite_seesItIfItIsTheSameKey(int written) {
    setDirectly(0, Y, "1");
    Scribe.Client client = scribe.client(A);
    client.asked(2, 4, set(written, "2"), OK);
    client.together().got(2, 4, Y, NIL);
    assertThat(scribe.isLegal()).isEqualTo(written == X);
  }

  @ParameterizedTest
  @ValueSource(strings = {"1", "nil"})
  void readSentBeforeAWrite_doesNotSeeIt(String seen) {
    Scribe.Client client = scribe.client(A);
    client.got(2, 4, X, seen.equals("1") ? "1" : NIL);
    client.together().asked(2, 4, set(X, "1"), OK);
    assertThat(scribe.isLegal()).isEqualTo(seen.equals("nil"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"1", "2"})
  void execAfterWatch_happensOnlyOnWhatWasRead(String read) {
    scribe.client(A).asked(0, 1, set(X, "1"), OK);
    scribe.client(B).asked(2, 3, set(X, "2"), OK);
    scribe.client(A).atOnce(4, 5, List.of(Step.text(Verb.IS, X, read), set(X, "3")), OK, OK);
    assertThat(scribe.isLegal()).isEqualTo(read.equals("2"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"1", "nil"})
  void flush_emptiesOneDatabase(String seen) {
    Scribe.Client client = scribe.client(A);
    client.asked(0, 1, set(X, "1"), OK);
    client.asked(2, 3, set(X1, "1"), OK);
    client.asked(4, 5, new Step(Verb.FLUSHDB, new int[0], "", 0, 0), OK);
    scribe.client(A).got(6, 7, X1, "1");
    scribe.client(A).got(6, 7, X, seen.equals("1") ? "1" : NIL);
    assertThat(scribe.isLegal()).isEqualTo(seen.equals("nil"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"1", "nil"})
  void swap_exchangesTheDatabases(String seen) {
    Scribe.Client client = scribe.client(A);
    client.asked(0, 1, set(X, "1"), OK);
    client.asked(2, 3, new Step(Verb.SWAPDB, new int[0], "", 0, 0), OK);
    scribe.client(A).got(4, 5, X1, "1");
    scribe.client(A).got(4, 5, X, seen.equals("1") ? "1" : NIL);
    assertThat(scribe.isLegal()).isEqualTo(seen.equals("nil"));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void concurrentAppends_areSeenInOneOrder(int second) {
    scribe.client(A).asked(0, 10, Step.text(Verb.APPEND, X, "p"), 1L);
    scribe.client(B).asked(0, 10, Step.text(Verb.APPEND, X, "q"), 2L);
    scribe.client(A).got(11, 12, X, "pq");
    scribe.client(B).got(11, 12, X, second == 0 ? "pq" : "qp");
    assertThat(scribe.isLegal()).isEqualTo(second == 0);
  }
}
