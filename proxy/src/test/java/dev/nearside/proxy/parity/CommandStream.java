package dev.nearside.proxy.parity;

import dev.nearside.proxy.parity.Turn.Sending;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * An endless stream of turns, the same for the same seed. Of its clients the first only reads, half
 * of the others never do what would give them an upstream connection of their own, and all but the
 * first come back with a new connection now and then.
 */
final class CommandStream {
  static final int CLIENTS = 5;

  private static final int READER = 0;

  /** With another number of arguments they would show what is random, or do harm. */
  private static final Set<String> AS_THEY_ARE =
      Set.of(
          "SADD SPOP SRANDMEMBER HRANDFIELD ZRANDMEMBER DEBUG CLIENT COMMAND LASTSAVE SAVE SHUTDOWN MIGRATE WAIT"
              .split(" ", -1));

  private final SplittableRandom random;
  private final Grammar grammar;
  private final Words words;
  private final Special special;
  private final ClientState[] states = new ClientState[CLIENTS];
  private final boolean[] pins = new boolean[CLIENTS];
  private final boolean shards;
  private final boolean cluster;
  private int opened;
  private List<Command> lastReads = List.of();
  private int rereads;

  CommandStream(Scenario scenario, List<String> payloads) {
    this.random = new SplittableRandom(scenario.seed());
    this.grammar = new Grammar();
    this.words = new Words(random, payloads, scenario.cluster());
    this.cluster = scenario.cluster();
    this.shards = scenario.major() >= 7;
    this.special = new Special(random, this, scenario);
  }

  /** Returns the next turn. */
  Turn next() {
    if (opened < CLIENTS) {
      return reconnect(opened++);
    }
    if (rereads > 0) {
      rereads--;
      return Turn.of(sending(READER, note(READER, lastReads)));
    }
    int client = 1 + random.nextInt(CLIENTS - 1);
    if (states[client].hasQuit()) {
      return reconnect(client);
    }
    return switch (random.nextInt(100)) {
      case 0 -> leave(client);
      case 1 -> blocked(client);
      default ->
          random.nextInt(6) == 0
              ? Turn.of(sending(READER, reads()))
              : Turn.of(sending(client, pipeline(client)));
    };
  }

  private Turn reconnect(int client) {
    states[client] = new ClientState(shards);
    pins[client] = client != READER && random.nextBoolean();
    return Turn.of(sending(client, List.of()));
  }

  /** Closing a connection takes time; what others could notice of it is taken back before. */
  private Turn leave(int client) {
    if (states[client].isSubscribed()) {
      return Turn.of(sending(client, note(client, List.of(Command.of("RESET")))));
    }
    if (random.nextBoolean()) {
      List<Command> farewell = List.of(read(), command(client), encoded(List.of("QUIT")));
      return Turn.of(sending(client, note(client, farewell)));
    }
    return reconnect(client);
  }

  /** One client waits for an element that another one brings. */
  private Turn blocked(int waiting) {
    int other = 1 + waiting % (CLIENTS - 1);
    if (isBusy(waiting) || isBusy(other) || !pins[waiting]) {
      return Turn.of(sending(waiting, pipeline(waiting)));
    }
    Command select = Command.of("SELECT", "0");
    List<Command> waits = List.of(select, read(), special.await(), read(), command(waiting));
    List<Command> brings = List.of(select, special.bring());
    return Turn.of(sending(waiting, note(waiting, waits)), sending(other, note(other, brings)));
  }

  private boolean isBusy(int client) {
    ClientState state = states[client];
    return state.inTransaction() || state.isSubscribed() || state.hasQuit();
  }

  private List<Command> reads() {
    List<Command> reads = new ArrayList<>();
    if (random.nextInt(20) == 0) {
      reads.add(Command.of("SELECT", Integer.toString(random.nextInt(3) % 2)));
    }
    if (random.nextInt(30) == 0) {
      reads.add(Command.of("HELLO", Integer.toString(2 + random.nextInt(2))));
    }
    for (int i = random.nextInt(25); i >= 0; i--) {
      reads.add(read());
    }
    lastReads = reads.stream().filter(read -> read.word(0).endsWith("GET")).toList();
    rereads = random.nextInt(1, 4);
    return note(READER, reads);
  }

  private Command read() {
    return switch (random.nextInt(12)) {
      case 0 -> Command.of("MGET", words.of("$calm"), words.of("$t"), words.of("$calm"));
      case 1 -> Command.of("GET", words.of("$any"));
      case 2, 3 -> Command.of("GET", words.of("$t"));
      case 4, 5, 6, 7 -> Command.of("GET", words.of("$calm"));
      default -> Command.of("GET", words.key());
    };
  }

  private List<Command> pipeline(int client) {
    int size =
        switch (random.nextInt(10)) {
          case 0, 1, 2, 3 -> 1;
          case 4, 5, 6, 7 -> random.nextInt(2, 12);
          default -> random.nextInt(12, 60);
        };
    List<Command> commands = new ArrayList<>();
    while (commands.size() < size) {
      commands.addAll(note(client, special.next(states[client], client, pins[client])));
    }
    return commands;
  }

  /** Returns a command of the templates, as it is or somewhat broken. */
  Command command(int client) {
    boolean pinning = pins[client] && random.nextInt(10) == 0;
    List<String> args =
        new ArrayList<>(pinning ? grammar.pinned(random, words) : grammar.lane(random, words));
    String name = args.getFirst().toUpperCase(Locale.ROOT);
    if (random.nextInt(30) == 0 && !AS_THEY_ARE.contains(name)) {
      breakOne(args);
    }
    if (random.nextInt(15) == 0 && !name.isEmpty()) {
      args.set(0, random.nextBoolean() ? name.toLowerCase(Locale.ROOT) : mixed(name));
    }
    if (cluster && (name.equals("EVAL") || name.equals("EVAL_RO")) && args.size() > 1) {
      args.set(1, args.get(1) + "\n--"); // no EVALSHA is about it: one node alone would know it
    }
    return encoded(args);
  }

  private void breakOne(List<String> args) {
    switch (random.nextInt(3)) {
      case 0 -> args.add(words.junk());
      case 1 -> args.set(random.nextInt(args.size()), words.junk());
      default -> args.subList(Math.max(1, args.size() - 1), args.size()).clear();
    }
  }

  private static String mixed(String name) {
    return name.substring(0, 1) + name.substring(1).toLowerCase(Locale.ROOT);
  }

  /** Returns the command as bytes, most often as clients write it. */
  Command encoded(List<String> args) {
    return random.nextInt(12) == 0 ? Command.inline(args, random) : Command.array(args);
  }

  private Sending sending(int client, List<Command> commands) {
    return new Sending(client, commands, random.nextLong());
  }

  private List<Command> note(int client, List<Command> commands) {
    commands.forEach(states[client]::replies);
    return commands;
  }
}
