package dev.nearside.proxy.parity;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * What changes the state of a connection: transactions, subscriptions, protocols, databases, and
 * being silent. Everything else it leaves to the templates.
 */
final class Special {
  private static final List<String> PATTERNS = List.of("c0*", "[c]1", "c2", "c[3]", "d*");

  private final SplittableRandom random;
  private final CommandStream plain;
  private final String home;
  private final boolean subscribeInTransactions;
  private final boolean cluster;

  Special(SplittableRandom random, CommandStream plain, Scenario scenario) {
    this.random = random;
    this.plain = plain;
    this.home = Integer.toString(scenario.protocol());
    this.subscribeInTransactions = scenario.subscribeInTransactions();
    this.cluster = scenario.cluster();
  }

  /** Returns what a client in this state does next. */
  List<Command> next(ClientState state, int client, boolean pins) {
    if (state.inTransaction()) {
      return inTransaction(client);
    }
    if (state.isSubscribed() && random.nextInt(state.onlySubscribes() ? 2 : 12) == 0) {
      return List.of(aboutSubscriptions(state));
    }
    if (state.protocol() != Integer.parseInt(home) && random.nextInt(8) == 0) {
      return List.of(Command.of("HELLO", home));
    }
    if (pins && random.nextInt(9) == 0) {
      return pinning(state, client);
    }
    return random.nextInt(25) == 0 ? greeting() : List.of(plain.command(client));
  }

  /** Returns what waits for {@link #bring}. */
  Command await() {
    return switch (random.nextInt(3)) {
      case 0 -> Command.of("BRPOP", "wanted", beside("other"), "0");
      case 1 -> Command.of("BLMOVE", "wanted", beside("taken"), "LEFT", "RIGHT", "5");
      default -> Command.of("BLPOP", "wanted", "0");
    };
  }

  private String beside(String key) {
    return cluster ? key + "{wanted}" : key;
  }

  /** Returns what somebody waits for. */
  Command bring() {
    return Command.of("RPUSH", "wanted", "it");
  }

  private List<Command> inTransaction(int client) {
    return switch (random.nextInt(40)) {
      case 0, 1, 2, 3, 4, 5 -> List.of(plain.encoded(List.of("EXEC")));
      case 6 -> List.of(Command.of("DISCARD"));
      case 7 -> List.of(Command.of("MULTI"));
      case 8 -> List.of(Command.of("EXEC", "now"));
      case 9 -> List.of(Command.of("WATCH", "k1"));
      case 10 -> List.of(Command.of("SELECT", random.nextInt(3) > 0 ? "0" : "1"));
      case 11 -> random.nextInt(3) == 0 ? List.of(Command.of("RESET")) : List.of(noise());
      case 12 -> List.of(Command.of("UNWATCH"));
      default -> List.of(plain.command(client));
    };
  }

  /** What the sidecar answers, or sends on, without pinning the client. */
  private List<Command> greeting() {
    return List.of(
        switch (random.nextInt(16)) {
          case 0, 1, 2, 3 -> Command.of("SELECT", "0");
          case 4, 5 -> Command.of("SELECT", Integer.toString(random.nextInt(3)));
          case 6 -> Command.of("SELECT", random.nextBoolean() ? "99" : "x");
          case 7 -> Command.of("HELLO", home);
          case 8 -> Command.of("HELLO", random.nextBoolean() ? "2" : "3");
          case 9 -> hello();
          case 10 -> Command.of("HELLO");
          case 11 -> Command.of("HELLO", random.nextBoolean() ? "4" : "three");
          case 12 -> Command.of("CLIENT", "SETNAME", random.nextBoolean() ? "me" : "not me");
          case 13 -> Command.of("CLIENT", "SETINFO", "LIB-NAME", "x");
          default -> noise();
        });
  }

  private Command hello() {
    String version = random.nextInt(3) == 0 ? "2" : home;
    return switch (random.nextInt(4)) {
      case 0 -> Command.of("HELLO", version, "SETNAME", "named");
      case 1 -> Command.of("HELLO", version, "AUTH", "default", "any", "SETNAME", "n");
      case 2 -> Command.of("HELLO", version, "BOGUS");
      default -> Command.of("hello", version);
    };
  }

  private Command noise() {
    return Command.nothing(
        switch (random.nextInt(4)) {
          case 0 -> "*0\r\n";
          case 1 -> "*-1\r\n";
          case 2 -> "\r\n";
          default -> "\n";
        });
  }

  private List<Command> pinning(ClientState state, int client) {
    if (state.onlySubscribes()) {
      return List.of(aboutSubscriptions(state));
    }
    return switch (random.nextInt(20)) {
      case 0, 1, 2, 3, 4 -> List.of(plain.encoded(List.of("MULTI")));
      case 5, 6, 7, 8 -> List.of(subscribe());
      case 9 -> List.of(Command.of("RESET"), Command.of("HELLO", home));
      case 10, 11 -> List.of(clientReply("SKIP"), heardless(client), Command.of("PING"));
      case 12 ->
          List.of(
              clientReply("OFF"), heardless(client), heardless(client), noise(), clientReply("ON"));
      case 13 -> helloInTransaction(state, client);
      case 14, 15 -> subscribeInTransaction(state, client);
      case 16 -> pushed(state, client);
      case 17 -> List.of(Command.of("RESET", "x"));
      default -> List.of(aboutSubscriptions(state));
    };
  }

  private static Command clientReply(String mode) {
    return Command.of("CLIENT", "REPLY", mode);
  }

  /** Returns what has exactly one reply, and no effect on the connection. */
  private Command heardless(int client) {
    Command command = plain.command(client);
    return switch (command.name()) {
      case "CLIENT", "WATCH", "AUTH", "MULTI", "DEBUG" -> Command.of("INCR", "k2");
      default -> command;
    };
  }

  private List<Command> helloInTransaction(ClientState state, int client) {
    if (state.isSubscribed()) {
      return List.of(plain.command(client));
    }
    String version = random.nextBoolean() ? "2" : "3";
    return List.of(
        Command.of("MULTI"),
        Command.of("HGETALL", "h0"),
        Command.of("HELLO", version),
        Command.of("HGETALL", "h0"),
        Command.of("EXEC"),
        Command.of("HELLO", version));
  }

  private List<Command> subscribeInTransaction(ClientState state, int client) {
    if (!subscribeInTransactions || state.isSubscribed()) {
      return List.of(plain.command(client));
    }
    List<Command> commands = new ArrayList<>();
    commands.add(Command.of("MULTI"));
    commands.add(Command.of("SUBSCRIBE", "c0"));
    commands.add(Command.of("EXEC"));
    commands.add(Command.of("PUBLISH", "c0", "to myself"));
    commands.add(Command.of("GET", "k0"));
    commands.add(Command.of("UNSUBSCRIBE", "c0"));
    return commands;
  }

  private List<Command> pushed(ClientState state, int client) {
    return state.protocol() == 3
        ? List.of(Command.of("DEBUG", "PROTOCOL", "push"))
        : List.of(plain.command(client));
  }

  private Command subscribe() {
    return switch (random.nextInt(6)) {
      case 0 -> Command.of("PSUBSCRIBE", PATTERNS.get(random.nextInt(PATTERNS.size())));
      case 1 -> Command.of("SSUBSCRIBE", channel());
      case 2 -> Command.of("SUBSCRIBE");
      case 3 -> Command.of("SUBSCRIBE", channel(), channel());
      default -> Command.of("SUBSCRIBE", channel());
    };
  }

  private Command aboutSubscriptions(ClientState state) {
    return switch (random.nextInt(10)) {
      case 0 -> subscribe();
      case 1, 2, 3 -> allOrOne(state, "UNSUBSCRIBE", channel());
      case 4 -> allOrOne(state, "PUNSUBSCRIBE", PATTERNS.get(random.nextInt(PATTERNS.size())));
      case 5 -> allOrOne(state, "SUNSUBSCRIBE", channel());
      case 6 -> Command.of("PING");
      case 7 -> Command.of("PUBLISH", channel(), "to myself");
      default -> Command.of("RESET");
    };
  }

  private static Command allOrOne(ClientState state, String command, String one) {
    return state.leavesInOrder(command) ? Command.of(command) : Command.of(command, one);
  }

  private String channel() {
    return "c" + random.nextInt(4);
  }
}
