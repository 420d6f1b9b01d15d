package dev.nearside.proxy.command;

import static dev.nearside.proxy.command.CommandFlag.ADMIN;
import static dev.nearside.proxy.command.CommandFlag.BLOCKING;
import static dev.nearside.proxy.command.CommandFlag.MAY_REPLICATE;
import static dev.nearside.proxy.command.CommandFlag.MOVABLE_KEYS;
import static dev.nearside.proxy.command.CommandFlag.NOSCRIPT;
import static dev.nearside.proxy.command.CommandFlag.READONLY;
import static dev.nearside.proxy.command.CommandFlag.WRITE;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** What Nearside makes of a command: from a row of traits.txt, else from its flags. */
record Traits(Way way, Effect effect, ConnectionEffect connection, KeyRule keys, Reply reply) {

  /** The data types of Redis 8, whose commands never block. */
  private static final List<String> PROMPT_FAMILIES =
      List.of("JSON.", "BF.", "CF.", "CMS.", "TOPK.", "TDIGEST.", "TS.");

  /**
   * Returns the traits of a command that only COMMAND knows: a module's or a newer server's. A
   * module may block its client without a flag that says so: not on a lane.
   *
   * @param ofKnown whether it is a subcommand of a command that is known
   */
  static Traits ofStranger(Signature signature, boolean ofKnown) {
    boolean told = signature.firstKey() > 0 && !signature.has(MOVABLE_KEYS);
    KeyRule keys = told ? KeyRule.RANGE : KeyRule.UNDECLARED;
    Way derived = derivedWay(signature);
    boolean answersAtOnce =
        ofKnown || PROMPT_FAMILIES.stream().anyMatch(signature.name()::startsWith);
    return new Traits(
        derived == Way.LANE && !answersAtOnce ? Way.PINNED : derived,
        derivedEffect(signature, keys),
        derived == Way.PINNED ? ConnectionEffect.KEEPS : ConnectionEffect.NONE,
        keys,
        Reply.INFORMATIVE);
  }

  /** Returns the traits of a command of commands.txt; {@code row} is its row of traits.txt. */
  static Traits ofKnown(Signature signature, @Nullable Row row) {
    Row said = row == null ? Row.EMPTY : row;
    KeyRule keys = said.keys() == null ? KeyRule.RANGE : said.keys();
    return new Traits(
        said.way() == null || (said.way() == Way.LANE && signature.has(ADMIN | BLOCKING))
            ? derivedWay(signature)
            : said.way(),
        said.effect() == null ? derivedEffect(signature, keys) : said.effect(),
        said.connection() == null ? ConnectionEffect.NONE : said.connection(),
        keys,
        said.reply() == null ? Reply.INFORMATIVE : said.reply());
  }

  /**
   * Returns these traits as they hold for what the upstream says of the same command: if it says
   * that keys move where none were known to, not all are known.
   */
  Traits checkedAgainst(Signature known, Signature upstream) {
    if (keys != KeyRule.RANGE || known.has(MOVABLE_KEYS) || !upstream.has(MOVABLE_KEYS)) {
      return this;
    }
    Effect safe = effect == Effect.WRITES_KEYS ? Effect.WRITES_OPAQUE : effect;
    return new Traits(way, safe, connection, KeyRule.UNDECLARED, reply);
  }

  private static Way derivedWay(Signature signature) {
    boolean plain = signature.has(READONLY | WRITE) && !signature.has(ADMIN | BLOCKING | NOSCRIPT);
    return plain ? Way.LANE : Way.PINNED;
  }

  private static Effect derivedEffect(Signature signature, KeyRule keys) {
    if (signature.has(WRITE | MAY_REPLICATE)) {
      return keys == KeyRule.UNDECLARED ? Effect.WRITES_OPAQUE : Effect.WRITES_KEYS;
    }
    return signature.has(READONLY) ? Effect.READS : Effect.WRITES_OPAQUE;
  }

  /** A row of traits.txt; null is "-". */
  record Row(
      @Nullable Way way,
      @Nullable Effect effect,
      @Nullable ConnectionEffect connection,
      @Nullable KeyRule keys,
      @Nullable Reply reply) {
    static final Row EMPTY = new Row(null, null, null, null, null);

    static Row parse(String[] columns) {
      return new Row(
          value(Way.class, columns[1]),
          value(Effect.class, columns[2]),
          value(ConnectionEffect.class, columns[3]),
          value(KeyRule.class, columns[4]),
          value(Reply.class, columns[5]));
    }

    private static <E extends Enum<E>> @Nullable E value(Class<E> type, String word) {
      return word.equals("-") ? null : Enum.valueOf(type, word);
    }
  }
}
