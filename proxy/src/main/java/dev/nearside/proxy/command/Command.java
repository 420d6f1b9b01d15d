package dev.nearside.proxy.command;

import dev.nearside.proxy.resp.Request;
import dev.nearside.proxy.telemetry.CommandLabel;
import org.jspecify.annotations.Nullable;

/**
 * One command, or one subcommand of a container such as CLIENT: what the upstream's COMMAND says of
 * it, and what follows for Nearside. Immutable; shared by all event loops.
 */
public final class Command {
  private static final Command UNKNOWN = stranger("UNKNOWN");
  private static final Command OWN =
      new Command(
          new Signature("NEARSIDE", -1, 0, 0, 0, 0),
          new Traits(Way.OWN, Effect.NONE, ConnectionEffect.NONE, KeyRule.NONE, Reply.INFORMATIVE),
          null);

  private final Signature signature;
  private final Traits traits;
  private final CommandLabel label;
  private final Load load;
  private final boolean ifAbsent;
  private final Spread spread;
  private final @Nullable CommandNames subcommands;

  Command(Signature signature, Traits traits, @Nullable CommandNames subcommands) {
    this.signature = signature;
    this.traits = traits;
    this.label = CommandLabel.of(signature.name());
    this.load = load(signature, traits);
    this.ifAbsent = signature.name().equals("SETNX");
    this.spread = Spread.of(signature.name());
    this.subcommands = subcommands;
  }

  /**
   * Returns what stands for every command that is not in the table: pinned, and it may write any
   * key.
   */
  public static Command unknown() {
    return UNKNOWN;
  }

  /** Returns what stands for every command whose name starts with {@code NEARSIDE.}. */
  public static Command own() {
    return OWN;
  }

  /** Returns the name in upper case; a subcommand's is {@code CLIENT SETNAME}. */
  public String name() {
    return signature.name();
  }

  /** Returns what it is called in metrics. */
  public CommandLabel label() {
    return label;
  }

  /** Returns the number of arguments, the name included; negative: at least that many. */
  public int arity() {
    return signature.arity();
  }

  /** Returns whether the server would accept this number of arguments, the name included. */
  public boolean acceptsArgCount(int argCount) {
    return arity() < 0 ? argCount >= -arity() : argCount == arity();
  }

  /** Returns the flags, as bits of {@link CommandFlag}. */
  public int flags() {
    return signature.flags();
  }

  /** Returns whether it has at least one of the flags {@code anyOf}. */
  public boolean has(int anyOf) {
    return signature.has(anyOf);
  }

  /** Returns the index of the first key; 0 if none stands at a fixed place. */
  public int firstKey() {
    return signature.firstKey();
  }

  /** Returns the index of the last key; negative: counted from the end, -1 is the last argument. */
  public int lastKey() {
    return signature.lastKey();
  }

  /** Returns the distance from one key to the next. */
  public int step() {
    return signature.step();
  }

  /** Returns which way its requests take. */
  public Way way() {
    return traits.way();
  }

  /** Returns what it may do to keys. */
  public Effect effect() {
    return traits.effect();
  }

  /** Returns what it does to the connection it arrives on. */
  public ConnectionEffect connectionEffect() {
    return traits.connection();
  }

  /**
   * Returns whether some reply to it, errors left aside, can tell a client about writes of others,
   * after which the client's local reads must be at least as new.
   */
  public boolean informative() {
    return traits.reply() != Reply.BLIND;
  }

  /**
   * Returns whether the reply to {@code request}, errors left aside, can tell a client about writes
   * of others. A plain SET is answered OK whatever they wrote; one with NX, XX, GET or an option
   * not known here is not.
   */
  public boolean informative(Request request) {
    return switch (traits.reply()) {
      case INFORMATIVE -> true;
      case BLIND -> false;
      case SET -> !SetOptions.onlyExpiry(request);
    };
  }

  /**
   * Returns whether {@code request} is a SET that writes only where there is nothing, as locks do.
   */
  public boolean setsIfAbsent(Request request) {
    return ifAbsent || (traits.reply() == Reply.SET && SetOptions.onlyIfAbsent(request));
  }

  /** Returns which servers of a cluster it is for. */
  public Spread spread() {
    return spread;
  }

  /** Returns what it can mean to the commands behind it. */
  public Load load() {
    return load;
  }

  private static Load load(Signature signature, Traits traits) {
    if (traits.way() == Way.BULK_LANE) {
      return Load.BIG_READ;
    }
    if (traits.keys() == KeyRule.SCRIPT) {
      return Load.SCRIPT;
    }
    boolean publishes = signature.has(CommandFlag.PUBSUB);
    boolean writes = signature.has(CommandFlag.WRITE | CommandFlag.MAY_REPLICATE);
    return switch (traits.effect()) {
      case WRITES_KEYS, WRITES_OPAQUE, FLUSHES -> Load.WRITE;
      case READS, NONE -> writes || publishes ? Load.WRITE : Load.READ;
    };
  }

  KeyRule keyRule() {
    return traits.keys();
  }

  Signature signature() {
    return signature;
  }

  Traits traits() {
    return traits;
  }

  @Nullable CommandNames subcommands() {
    return subcommands;
  }

  /** Returns the subcommand that {@code request}'s second argument names, else this. */
  Command resolve(Request request) {
    if (subcommands == null || request.argCount() < 2) {
      return this;
    }
    Command subcommand = subcommands.find(request, 1);
    return subcommand == null ? this : subcommand;
  }

  private static Command stranger(String name) {
    Signature signature = new Signature(name, -1, 0, 0, 0, 0);
    return new Command(signature, Traits.ofStranger(signature, false), null);
  }
}
