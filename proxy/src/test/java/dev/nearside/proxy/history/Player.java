package dev.nearside.proxy.history;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A client that plays rounds, one after the other, on a connection that it keeps, and notes what it
 * asked, when, and what it was told. Used by one thread at a time.
 */
final class Player implements AutoCloseable {
  /** What a client is like. */
  enum Habit {
    /** It asks what lanes carry. */
    PLAIN,
    /** It also says what makes a sidecar give it a connection of its own. */
    PINNING,
    /** It reads one key, again and again, and learns nothing else. */
    READING,
    /** It asks Redis itself, anything. */
    DIRECT
  }

  /** Leads to whom it asks. */
  interface Way {
    Wire connect() throws IOException;
  }

  private static final long BETWEEN_CONNECTS_NS = 20_000_000;
  private static final long CONNECT_LIMIT_NS = 60_000_000_000L;
  private static final int MOST_AT_ONCE = 5;

  /** In how many of 10 pipelines it stops after each request, so that much happens in between. */
  private static final int SLOW_TENTHS = 3;

  private static final long LONGEST_STOP_NS = 8_000_000;

  /** In how many of 1000 turns it begins to do nothing but read for a while. */
  private static final int BURSTS = 160;

  private static final int LONGEST_BURST = 40;
  private static final long AFTER_REFUSAL_NS = 5_000_000;

  /** How long it waits at most between requests while that is to be seldom. */
  private static final long LONGEST_WAIT_NS = 200_000_000;

  private final int sidecar;
  private final Habit habit;
  private final boolean pins;
  private final Way way;
  private final BooleanSupplier seldom;
  private final SplittableRandom random;
  private List<Operation> noted = new ArrayList<>();
  private Round round;
  private @Nullable Workload workload;
  private @Nullable Wire wire;
  private int connection;
  private int pipeline;
  private int database;
  private int favourite;
  private int readsLeft;
  private int refused;
  private long lost;

  /**
   * Creates one that is not connected yet.
   *
   * @param sidecar the one it asks, or {@link Operation#DIRECT}
   * @param way to there, now
   * @param seldom whether to ask seldom, now, so that a round outlasts what happens
   */
  Player(
      int sidecar,
      Habit habit,
      Way way,
      BooleanSupplier seldom,
      SplittableRandom random,
      Round first) {
    this.sidecar = sidecar;
    this.way = way;
    this.seldom = seldom;
    this.random = random;
    this.round = first;
    this.habit = habit;
    this.pins = habit == Habit.PINNING || habit == Habit.DIRECT;
  }

  /** Returns whether it asks nothing but what L1 may answer. */
  boolean onlyReads() {
    return habit == Habit.READING;
  }

  /** Returns how many connections broke. */
  long lost() {
    return lost;
  }

  /** Plays until the round is over. */
  void play(Round next, Workload.Mood like) {
    try {
      playOn(next, like);
    } catch (RuntimeException e) {
      next.fail();
      throw e;
    }
  }

  private void playOn(Round next, Workload.Mood like) {
    round = next;
    workload = new Workload(random, like, next);
    noted = new ArrayList<>();
    connection = round.newConnection();
    pipeline = 0;
    if (habit == Habit.READING) {
      favourite = random.nextInt(Group.KEYS) + database * Group.KEYS;
    }
    long brokenSinceNs = 0;
    int atOnce = howMany();
    while (round.take(atOnce, habit)) {
      try {
        act(atOnce);
        brokenSinceNs = 0;
        rest(atOnce);
      } catch (IOException e) {
        long nowNs = System.nanoTime();
        brokenSinceNs = brokenSinceNs == 0 ? nowNs : brokenSinceNs;
        if (nowNs - brokenSinceNs > CONNECT_LIMIT_NS) {
          throw new IllegalStateException("nobody answers at sidecar " + sidecar, e);
        }
        close();
        round.giveBack(atOnce, habit);
        LockSupport.parkNanos(BETWEEN_CONNECTS_NS);
      }
      atOnce = howMany();
    }
    round.played(noted, habit);
  }

  private void rest(int atOnce) {
    if (refused > 0) {
      refused = 0;
      round.giveBack(atOnce, habit);
      LockSupport.parkNanos(AFTER_REFUSAL_NS);
    }
    if (habit != Habit.READING && seldom.getAsBoolean()) {
      LockSupport.parkNanos(random.nextLong(LONGEST_WAIT_NS));
    }
  }

  private int howMany() {
    if (readsLeft > 0 || habit == Habit.READING) {
      return 1;
    }
    return random.nextInt(10) < 7 ? 1 : 1 + random.nextInt(MOST_AT_ONCE);
  }

  private Wire connected() throws IOException {
    Wire current = wire;
    if (current == null) {
      current = way.connect();
      wire = current;
      connection = round.newConnection();
      pipeline = 0;
      select(current, habit == Habit.READING ? favourite / Group.KEYS : random.nextInt(2));
    }
    return current;
  }

  private void select(Wire current, int wanted) throws IOException {
    Object reply = current.call("SELECT", round.group().databaseName(wanted));
    if (reply != Sign.OK) {
      throw new IOException("SELECT was answered by " + reply);
    }
    database = wanted;
  }

  private void act(int atOnce) throws IOException {
    Wire current = connected();
    int kind = random.nextInt(1000);
    if (habit == Habit.READING) {
      ask(current, new Request[] {Request.plain(Step.of(Verb.GET, favourite))}, false);
    } else if (readsLeft > 0) {
      readsLeft--;
      ask(current, new Request[] {Request.plain(workload.readLocally(database))}, false);
    } else if (kind < 25) {
      changeSession(current);
    } else if (kind < 45 && pins) {
      watch(current);
    } else if (kind < 60) {
      pop(current);
    } else if (kind < 60 + BURSTS && sidecar != Operation.DIRECT) {
      readsLeft = 1 + random.nextInt(LONGEST_BURST);
    } else {
      Request[] requests = new Request[atOnce];
      for (int i = 0; i < atOnce; i++) {
        requests[i] = workload.next(database, sidecar == 0, pins);
      }
      ask(current, requests, false);
    }
  }

  private void changeSession(Wire current) throws IOException {
    switch (random.nextInt(pins ? 20 : 15)) {
      case 15 -> {
        current.call("RESET");
        select(current, database);
      }
      case 16 -> current.call("CLIENT", "ID");
      case 1, 2 -> current.call("HELLO", random.nextBoolean() ? "2" : "3");
      default -> select(current, 1 - database);
    }
  }

  private void pop(Wire current) throws IOException {
    String queue = round.group().queue();
    Object reply = pins ? current.call("BLPOP", queue, "0.03") : current.call("LPOP", queue);
    Object what = reply instanceof List<?> pair ? pair.get(1) : reply;
    if (what instanceof String text) {
      round.received(sidecar, pins ? History.Receipt.EVERYBODY : connection, text);
    }
  }

  /** Reads under WATCH, then writes if that is still so; its read is Redis's own. */
  private void watch(Wire current) throws IOException {
    Step read = Step.of(Verb.GET, database * Group.KEYS + random.nextInt(Group.KEYS));
    if (current.call("WATCH", round.group().name(read.slot())) != Sign.OK) {
      return;
    }
    Object[] seen = ask(current, new Request[] {Request.plain(read)}, true);
    if (seen == null) {
      current.call("UNWATCH");
      return;
    }
    Step is = Step.text(Verb.IS, read.slot(), seen[0] == Sign.NIL ? "" : (String) seen[0]);
    Step write = Step.set(read.slot(), round.newValue(), 0, 0);
    Request exec = new Request(Request.Form.EXEC, new Step[] {is, write}, true);
    ask(current, new Request[] {exec}, true);
  }

  /** Sends requests without waiting for replies and notes each; returns the last one's replies. */
  private Object @Nullable [] ask(Wire current, Request[] requests, boolean watching)
      throws IOException {
    boolean slowly = requests.length > 1 && random.nextInt(10) < SLOW_TENTHS;
    long invokedNs = System.nanoTime();
    int answered = 0;
    Object[] replies = null;
    try {
      for (Request request : requests) {
        request.addTo(current, round.group());
        if (slowly) {
          current.flush();
          LockSupport.parkNanos(random.nextLong(LONGEST_STOP_NS));
        }
      }
      current.flush();
      for (Request request : requests) {
        replies = read(current, request, invokedNs, watching);
        answered++;
      }
    } catch (IOException e) {
      lost++;
      for (int i = answered; i < requests.length; i++) {
        noteUnanswered(requests[i], invokedNs);
      }
      throw e;
    } finally {
      pipeline++;
    }
    return replies;
  }

  private Object @Nullable [] read(Wire current, Request request, long invokedNs, boolean watching)
      throws IOException {
    Object[] replies =
        switch (request.form()) {
          case PLAIN, PUBLISH, PUSH -> {
            Object reply = current.read();
            yield isRefused(reply) ? null : new Object[] {reply};
          }
          case SCRIPT -> {
            Object reply = current.read();
            yield isRefused(reply) ? null : ((List<?>) reply).toArray();
          }
          case EXEC -> exec(current, request, invokedNs);
        };
    if (replies != null) {
      noteExecuted(
          request.steps(), invokedNs, replies, request.form() == Request.Form.PLAIN && !watching);
    }
    return replies;
  }

  private Object @Nullable [] exec(Wire current, Request request, long invokedNs)
      throws IOException {
    boolean begun = current.read() == Sign.OK;
    for (Step step : request.commands().toList()) {
      Object reply = current.read();
      if (!begun && !isRefused(reply)) {
        note(new Step[] {step}, invokedNs, new Object[] {reply}, true);
      }
    }
    Object reply = current.read();
    if (!(reply instanceof List<?> replies)) {
      return null; // a watched key had changed, or it was refused
    }
    Object[] all = new Object[request.steps().length];
    int checks = all.length - replies.size();
    for (int i = 0; i < all.length; i++) {
      all[i] = i < checks ? Sign.OK : replies.get(i - checks);
    }
    return all;
  }

  private boolean isRefused(Object reply) {
    boolean is = reply instanceof Wire.Failure failure && failure.isRefusal();
    refused += is ? 1 : 0;
    return is;
  }

  /** A script goes on when a step of it was refused, which is as if it had not been in it. */
  private void noteExecuted(Step[] steps, long invokedNs, Object[] replies, boolean mayBeLocal) {
    int[] executed =
        IntStream.range(0, replies.length).filter(i -> !isRefused(replies[i])).toArray();
    if (executed.length == replies.length) {
      note(steps, invokedNs, replies, mayBeLocal);
    } else if (executed.length > 0) {
      note(
          IntStream.of(executed).mapToObj(i -> steps[i]).toArray(Step[]::new),
          invokedNs,
          IntStream.of(executed).mapToObj(i -> replies[i]).toArray(),
          mayBeLocal);
    }
  }

  private void note(Step[] steps, long invokedNs, Object[] replies, boolean mayBeLocal) {
    for (int i = 0; i < replies.length; i++) {
      if (replies[i] instanceof Wire.Failure failure) {
        if (!failure.isExpected()) {
          throw new IllegalStateException(
              steps[i] + " was answered by " + failure + " to " + noted.size());
        }
        replies[i] = Sign.ERROR;
      }
    }
    Verb verb = steps[0].verb();
    boolean relaxed =
        mayBeLocal && sidecar != Operation.DIRECT && (verb == Verb.GET || verb == Verb.MGET);
    noted.add(
        new Operation(
            connection, sidecar, pipeline, relaxed, steps, invokedNs, System.nanoTime(), replies));
  }

  private void noteUnanswered(Request request, long invokedNs) {
    if (request.commands().anyMatch(step -> !isRead(step.verb()))) {
      noted.add(
          new Operation(
              connection,
              sidecar,
              pipeline,
              false,
              request.steps(),
              invokedNs,
              Operation.NEVER,
              null));
    }
  }

  private static boolean isRead(Verb verb) {
    return switch (verb) {
      case GET, MGET, EXISTS, STRLEN -> true;
      default -> false;
    };
  }

  @Override
  public void close() {
    Wire current = wire;
    if (current != null) {
      wire = null;
      current.close();
    }
  }
}
