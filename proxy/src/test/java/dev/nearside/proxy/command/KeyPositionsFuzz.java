package dev.nearside.proxy.command;

import dev.nearside.proxy.resp.FuzzedRequest;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Whatever is asked: the table finds what a look-up of the name in upper case finds, and every key
 * is an argument behind the name.
 */
public final class KeyPositionsFuzz {
  private static final CommandTable TABLE = CommandTable.builtIn();
  private static final Map<String, Command> BY_NAME = byName(TABLE);
  private static final Pattern ASCII_LOWER = Pattern.compile("[a-z]+");

  private KeyPositionsFuzz() {}

  /** One input of the fuzzer: an argument a line. */
  public static void fuzzerTestOneInput(byte[] data) {
    FuzzedRequest fuzzed = FuzzedRequest.of(data);
    Command found = TABLE.find(fuzzed.request());
    Command expected = expected(BY_NAME, fuzzed.args());
    if (found != expected) {
      throw new AssertionError("expected " + expected.name() + ", found " + found.name());
    }
    checkKeys(found, fuzzed);
  }

  /** Returns the commands of {@code table} by their full names. */
  static Map<String, Command> byName(CommandTable table) {
    return table.commands().stream().collect(Collectors.toMap(Command::name, Function.identity()));
  }

  /** Asks everything there is to ask of a command and one of its requests. */
  static void checkKeys(Command command, FuzzedRequest fuzzed) {
    int argCount = fuzzed.args().size();
    int[] visited = {0};
    KeyPositions.forEachKey(
        command,
        fuzzed.request(),
        key -> {
          if (key < 1 || key >= argCount || ++visited[0] > argCount) {
            throw new AssertionError(command.name() + ": key " + key + " of " + argCount);
          }
        });
    command.informative(fuzzed.request());
    command.acceptsArgCount(argCount);
  }

  /** Redis compares names without regard to the case of ASCII letters. */
  private static Command expected(Map<String, Command> byName, List<String> args) {
    String name = upper(args.getFirst());
    Command command = name.contains(" ") ? null : byName.get(name);
    if (command == null) {
      boolean own = name.length() > 9 && name.startsWith("NEARSIDE.");
      return own ? Command.own() : Command.unknown();
    }
    String full = args.size() < 2 ? name : name + " " + upper(args.get(1));
    return byName.getOrDefault(full, command);
  }

  private static String upper(String text) {
    return ASCII_LOWER.matcher(text).replaceAll(run -> run.group().toUpperCase(Locale.ROOT));
  }
}
