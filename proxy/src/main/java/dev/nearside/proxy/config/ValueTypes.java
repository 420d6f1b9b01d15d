package dev.nearside.proxy.config;

import dev.nearside.proxy.config.NearsideConfig.Address;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/** The kinds of values that keys have. */
final class ValueTypes {
  /** What stands for a password wherever the configuration is shown. */
  static final String HIDDEN = "***";

  static final ValueType<Address> ADDRESS =
      new ValueType<>("an address", "host:port or unix:/path", Addresses::parse, ValueTypes::write);

  static final ValueType<Address> TCP_ADDRESS =
      new ValueType<>("an address", "host:port", Addresses::parseTcp, ValueTypes::write);

  static final ValueType<RedisUri> REDIS_URI =
      new ValueType<>(
          "the URI of a Redis server",
          "redis://user:password@host:port/database, rediss://…, unix:///path,"
              + " redis-sentinel://host:port,…/database#primary or redis-cluster://host:port,…",
          RedisUri::parse,
          uri -> YamlText.plainOrQuoted(uri.toString()),
          RedisUri::withoutSecrets,
          false);

  static final ValueType<String> JDBC_URL =
      new ValueType<>(
          "the URL of a PostgreSQL database",
          "jdbc:postgresql://host:port/database",
          ValueTypes::parseJdbcUrl,
          url -> YamlText.quoted(RedisUri.withoutSecrets(url)),
          RedisUri::withoutSecrets,
          false);

  static final ValueType<DatabaseRows.Table> TABLE =
      new ValueType<>(
          "a table",
          "table or schema.table, written as in the database",
          ValueTypes::parseTable,
          table -> YamlText.quoted(table.toString()));

  static final ValueType<List<DatabaseRows.Table>> TABLES =
      new ValueType<>(
          "a list of tables",
          "tables written as in the database, for example [public.prompt]",
          ValueTypes::parseTables,
          tables ->
              tables.stream()
                  .map(table -> YamlText.plainOrQuoted(table.toString()))
                  .collect(Collectors.joining(", ", "[", "]")),
          Function.identity(),
          true);

  static final ValueType<Boolean> BOOLEAN =
      new ValueType<>("a switch", "true or false", ValueTypes::parseBoolean, String::valueOf);

  static final ValueType<String> SECRET =
      new ValueType<>(
          "a password",
          "one that is not empty; leave the key out where none is asked for",
          ValueTypes::parseText,
          password -> YamlText.quoted(HIDDEN),
          text -> text.isEmpty() ? "" : HIDDEN,
          false);

  static final ValueType<String> PASSWORD_FILE =
      text("a path", "the path of a file that holds nothing but the password");

  static final ValueType<String> PEM_FILE = text("a path", "the path of a PEM file");

  static final ValueType<Integer> FILE_MODE =
      new ValueType<>(
          "a file mode",
          "three octal digits after a 0, for example 0770, or 0",
          ValueTypes::parseFileMode,
          mode -> mode == 0 ? "0" : String.format("0%03o", mode));

  private static final Duration LONGEST = Duration.ofDays(365);
  private static final Quantity DURATIONS = Quantity.durations();
  private static final Quantity SIZES = Quantity.sizes();

  private ValueTypes() {}

  /** Returns durations of at least {@code min} and at most a year. */
  static ValueType<Duration> duration(Duration min) {
    return new ValueType<>(
        "a duration",
        "a number with a unit: " + DURATIONS.unitNames(),
        text -> map(DURATIONS.parse(text, min.toMillis(), LONGEST.toMillis()), Duration::ofMillis),
        duration -> DURATIONS.format(duration.toMillis()));
  }

  /** Returns durations of whole seconds, at most {@code max} of them. */
  static ValueType<Duration> seconds(int max) {
    return new ValueType<>(
        "a duration",
        "whole seconds, with a unit: " + DURATIONS.unitNames(),
        text -> map(wholeSeconds(DURATIONS.parse(text, 0, max * 1_000L)), Duration::ofMillis),
        duration -> DURATIONS.format(duration.toMillis()));
  }

  private static Parsed<Long> wholeSeconds(Parsed<Long> millis) {
    return millis instanceof Parsed.Good<Long>(Long value) && value % 1_000 != 0
        ? Parsed.refused("is no whole number of seconds")
        : millis;
  }

  static ValueType<Long> size(long min, long max) {
    return new ValueType<>(
        "a size",
        "a number with a unit: " + SIZES.unitNames(),
        text -> SIZES.parse(text, min, max),
        SIZES::format);
  }

  /** Returns sizes of what one array holds. */
  static ValueType<Integer> arraySize(int min) {
    ValueType<Long> size = size(min, 1L << 30);
    return new ValueType<>(
        size.name(),
        size.expected(),
        text -> map(size.parser().apply(text), Math::toIntExact),
        bytes -> SIZES.format(bytes));
  }

  static ValueType<Integer> wholeNumber(int min, int max) {
    return new ValueType<>(
        "a whole number",
        "a whole number from " + min + " to " + max,
        text -> parseWholeNumber(text, min, max),
        String::valueOf);
  }

  static ValueType<List<Integer>> wholeNumbers(int min, int max) {
    return new ValueType<>(
        "a list of whole numbers",
        "whole numbers from " + min + " to " + max + ", for example [0, 1]",
        text -> parseWholeNumbers(text, min, max),
        List::toString,
        Function.identity(),
        true);
  }

  /** Returns the constants of an enum, by their names in lower case or by another word. */
  static <E extends Enum<E>> ValueType<E> choice(
      String name, Class<E> type, Map<String, E> otherWords) {
    List<E> constants = List.of(type.getEnumConstants());
    return new ValueType<>(
        name,
        Wording.or(constants.stream().map(ValueTypes::word).toList()),
        text -> {
          for (E constant : constants) {
            if (word(constant).equals(text)) {
              return Parsed.good(constant);
            }
          }
          E other = otherWords.get(text);
          return other == null ? Parsed.refused() : Parsed.good(other);
        },
        ValueTypes::word);
  }

  /** Returns texts that are not empty. */
  static ValueType<String> text(String name, String expected) {
    return new ValueType<>(name, expected, ValueTypes::parseText, YamlText::quoted);
  }

  /** Returns lists of texts that are not empty and hold no comma. */
  static ValueType<List<String>> texts(String name, String expected) {
    return new ValueType<>(
        name,
        expected,
        ValueTypes::parseTexts,
        texts ->
            texts.stream().map(YamlText::plainOrQuoted).collect(Collectors.joining(", ", "[", "]")),
        Function.identity(),
        true);
  }

  private static String word(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }

  private static String write(Address address) {
    return YamlText.plainOrQuoted(Addresses.text(address));
  }

  private static Parsed<String> parseText(String text) {
    if (text.isBlank()) {
      return Parsed.refused("is empty");
    }
    return text.indexOf('\0') >= 0 ? Parsed.refused("holds a zero byte") : Parsed.good(text);
  }

  private static Parsed<String> parseJdbcUrl(String text) {
    if (!text.startsWith("jdbc:postgresql:") || text.equals("jdbc:postgresql:")) {
      return Parsed.refused();
    }
    int parameters = text.indexOf('?');
    String location = parameters < 0 ? text : text.substring(0, parameters);
    return location.indexOf('@') >= 0
        ? Parsed.refused("holds credentials, which have the keys user and password")
        : Parsed.good(text);
  }

  private static Parsed<DatabaseRows.Table> parseTable(String text) {
    if (!text.matches("(?U)[^.\\p{Cntrl}]+(\\.[^.\\p{Cntrl}]+)?")) {
      return Parsed.refused();
    }
    int dot = text.indexOf('.');
    return Parsed.good(
        new DatabaseRows.Table(dot < 0 ? null : text.substring(0, dot), text.substring(dot + 1)));
  }

  private static Parsed<List<DatabaseRows.Table>> parseTables(String text) {
    List<DatabaseRows.Table> tables = new ArrayList<>();
    for (String item : items(text)) {
      switch (parseTable(unquoted(item.strip()))) {
        case Parsed.Good<DatabaseRows.Table>(DatabaseRows.Table table) -> tables.add(table);
        case Parsed.Refused<DatabaseRows.Table>(String reason) -> {
          return new Parsed.Refused<>(reason);
        }
      }
    }
    return Parsed.good(List.copyOf(tables));
  }

  /** Reads what YAML 1.1 and 1.2 both take for a switch. */
  private static Parsed<Boolean> parseBoolean(String text) {
    return switch (text) {
      case "true", "on" -> Parsed.good(true);
      case "false", "off" -> Parsed.good(false);
      default -> Parsed.refused();
    };
  }

  private static Parsed<Integer> parseFileMode(String text) {
    return text.matches("0|0?[0-7]{3}") ? Parsed.good(Integer.parseInt(text, 8)) : Parsed.refused();
  }

  private static Parsed<Integer> parseWholeNumber(String text, int min, int max) {
    if (!text.matches("-?[0-9]{1,18}")) {
      return Parsed.refused();
    }
    long number = Long.parseLong(text);
    return number < min || number > max
        ? Parsed.refused("is out of range")
        : Parsed.good((int) number);
  }

  private static Parsed<List<Integer>> parseWholeNumbers(String text, int min, int max) {
    List<Integer> numbers = new ArrayList<>();
    for (String item : items(text)) {
      switch (parseWholeNumber(item.strip(), min, max)) {
        case Parsed.Good<Integer>(Integer number) -> numbers.add(number);
        case Parsed.Refused<Integer>(String reason) -> {
          return new Parsed.Refused<>(reason);
        }
      }
    }
    return Parsed.good(List.copyOf(numbers));
  }

  private static Parsed<List<String>> parseTexts(String text) {
    List<String> texts = new ArrayList<>();
    for (String item : items(text)) {
      switch (parseText(unquoted(item.strip()))) {
        case Parsed.Good<String>(String one) -> texts.add(one);
        case Parsed.Refused<String>(String reason) -> {
          return new Parsed.Refused<>(reason);
        }
      }
    }
    return Parsed.good(List.copyOf(texts));
  }

  /** Takes the quotes away that a variable or a flag may have as YAML would. */
  private static String unquoted(String item) {
    return item.length() >= 2 && item.startsWith("\"") && item.endsWith("\"")
        ? item.substring(1, item.length() - 1)
        : item;
  }

  /** Takes a list as YAML writes it, and as the file's reader joins it. */
  private static String[] items(String text) {
    boolean bracketed = text.startsWith("[") && text.endsWith("]");
    return (bracketed ? text.substring(1, text.length() - 1) : text).split(",", -1);
  }

  private static <A, B> Parsed<B> map(Parsed<A> parsed, Function<A, B> function) {
    return switch (parsed) {
      case Parsed.Good<A>(A value) -> Parsed.good(function.apply(value));
      case Parsed.Refused<A>(String reason) -> new Parsed.Refused<>(reason);
    };
  }
}
