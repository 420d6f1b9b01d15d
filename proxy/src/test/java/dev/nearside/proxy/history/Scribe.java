package dev.nearside.proxy.history;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Writes histories by hand; times are milliseconds, keys are slots. */
final class Scribe {
  static final int A = 0;
  static final int B = 1;
  static final int DIRECT = Operation.DIRECT;
  static final long NEVER_MS = -1;

  private final List<Operation> operations = new ArrayList<>();
  private final List<History.Receipt> receipts = new ArrayList<>();
  private int connections;
  private int pipeline;

  /** A connection being written about. */
  final class Client {
    private final int connection = connections++;
    private final int sidecar;

    private Client(int sidecar) {
      this.sidecar = sidecar;
    }

    /** Notes what Redis itself answered. */
    Operation asked(long fromMs, long toMs, Step step, Object reply) {
      return add(false, fromMs, toMs, new Step[] {step}, new Object[] {reply});
    }

    /** Notes steps done at once, by EXEC or a script. */
    Operation atOnce(long fromMs, long toMs, List<Step> steps, Object... replies) {
      return add(false, fromMs, toMs, steps.toArray(Step[]::new), replies);
    }

    /** Notes what was never answered. */
    Operation lost(long fromMs, Step step) {
      return add(false, fromMs, NEVER_MS, new Step[] {step}, null);
    }

    /** Notes a GET that L1 may have answered. */
    Operation got(long fromMs, long toMs, int slot, Object reply) {
      return add(true, fromMs, toMs, new Step[] {Step.of(Verb.GET, slot)}, new Object[] {reply});
    }

    /** Notes an MGET that L1 may have answered. */
    Operation got(long fromMs, long toMs, int[] slots, Object... values) {
      return add(
          true,
          fromMs,
          toMs,
          new Step[] {Step.of(Verb.MGET, slots)},
          new Object[] {List.of(values)});
    }

    /** Says that the next operation is sent together with the last one. */
    Client together() {
      pipeline--;
      return this;
    }

    private Operation add(boolean relaxed, long fromMs, long toMs, Step[] steps, Object[] replies) {
      Operation operation =
          new Operation(
              connection, sidecar, pipeline++, relaxed, steps, ns(fromMs), ns(toMs), replies);
      operations.add(operation);
      return operation;
    }
  }

  Client client(int sidecar) {
    return new Client(sidecar);
  }

  /** Notes a message. */
  Scribe received(int sidecar, Operation told, long atMs) {
    receipts.add(new History.Receipt(sidecar, History.Receipt.EVERYBODY, told, ns(atMs)));
    return this;
  }

  /** Notes a list element. */
  Scribe popped(Client by, Operation told, long atMs) {
    receipts.add(new History.Receipt(by.sidecar, by.connection, told, ns(atMs)));
    return this;
  }

  boolean isLegal() {
    return isLegal(TimeUnit.SECONDS.toNanos(1));
  }

  boolean isLegalWhereReadsAreStrict() {
    return isLegal(0);
  }

  private boolean isLegal(long maxStalenessNs) {
    History history = new History(operations, connections, receipts, maxStalenessNs);
    return switch (HistoryChecker.check(history)) {
      case Verdict.Explained() -> true;
      case Verdict.Violated(String why) -> {
        if (!why.contains("[")) {
          throw new AssertionError("it does not say what is wrong: " + why);
        }
        yield false;
      }
      case Verdict.Undecided() -> throw new AssertionError("undecided");
    };
  }

  private static long ns(long ms) {
    return ms == NEVER_MS ? Operation.NEVER : TimeUnit.MILLISECONDS.toNanos(ms);
  }
}
