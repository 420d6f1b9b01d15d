package dev.nearside.proxy.command;

import dev.nearside.proxy.resp.Request;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Which command a request is. Immutable; shared by all event loops, replaced as a whole when the
 * upstream changes.
 */
public final class CommandTable {
  private static final String OWN_PREFIX = "NEARSIDE.";

  private final CommandNames names;
  private final Map<String, Command> byFullName = new TreeMap<>();

  private CommandTable(Map<String, Command> topLevel) {
    names = new CommandNames(topLevel);
    for (Command command : topLevel.values()) {
      byFullName.put(command.name(), command);
      if (command.subcommands() != null) {
        command.subcommands().forEach(sub -> byFullName.put(sub.name(), sub));
      }
    }
  }

  /** Returns the table that stands in where the upstream refuses COMMAND. */
  public static CommandTable builtIn() {
    Map<String, Command> topLevel = new TreeMap<>();
    for (BuiltIn.Known known : BuiltIn.instance().topLevel()) {
      String name = known.signature().name();
      topLevel.put(name, new Command(known.signature(), known.traits(), knownSubcommands(name)));
    }
    return new CommandTable(topLevel);
  }

  /**
   * Returns the table of an upstream: the commands it names, with the flags and positions it tells,
   * and what the built-in table adds. A Redis before 7.0 tells no subcommands; those known are
   * added, and QUIT, which it understands and does not list. Greetings are added to any: a 7.0
   * refuses CLIENT SETINFO, and that must not pin a client.
   *
   * @param commandReply the reply of COMMAND as nested lists of {@code byte[]}, {@code String} and
   *     {@code Long}
   * @throws IllegalArgumentException if that is not what COMMAND replies
   */
  public static CommandTable of(List<?> commandReply) {
    Map<String, Command> topLevel = new TreeMap<>();
    for (CommandReply.Told told : CommandReply.read(commandReply)) {
      String name = told.signature().name();
      topLevel.put(name, command(told.signature(), subcommands(told)));
    }
    topLevel.computeIfAbsent("QUIT", CommandTable::known);
    return new CommandTable(topLevel);
  }

  /**
   * Returns the command, or the subcommand, that {@code request} is; never null: {@link
   * Command#unknown()} for a name that is not in the table, {@link Command#own()} for one of
   * Nearside's. Allocates nothing.
   */
  public Command find(Request request) {
    Command command = names.find(request, 0);
    if (command != null) {
      return command.resolve(request);
    }
    return isOwn(request) ? Command.own() : Command.unknown();
  }

  /** Returns all commands and subcommands in order of their names. */
  public Collection<Command> commands() {
    return Collections.unmodifiableCollection(byFullName.values());
  }

  private static Command command(Signature told, @Nullable CommandNames subcommands) {
    BuiltIn.Known known = BuiltIn.instance().find(told.name());
    Traits traits =
        known == null
            ? Traits.ofStranger(told, isOfKnown(told.name()))
            : known.traits().checkedAgainst(known.signature(), told);
    return new Command(told, traits, subcommands);
  }

  private static boolean isOfKnown(String name) {
    int space = name.indexOf(' ');
    return space > 0 && BuiltIn.instance().find(name.substring(0, space)) != null;
  }

  private static @Nullable CommandNames subcommands(CommandReply.Told container) {
    Map<String, Command> subcommands = subcommandsOf(container.signature().name());
    if (!container.subcommands().isEmpty()) {
      subcommands.values().removeIf(known -> known.way() != Way.GREETING);
    }
    for (CommandReply.Told told : container.subcommands()) {
      subcommands.put(shortName(told.signature()), command(told.signature(), null));
    }
    return subcommands.isEmpty() ? null : new CommandNames(subcommands);
  }

  private static @Nullable CommandNames knownSubcommands(String container) {
    Map<String, Command> subcommands = subcommandsOf(container);
    return subcommands.isEmpty() ? null : new CommandNames(subcommands);
  }

  private static Command known(String name) {
    BuiltIn.Known known = Objects.requireNonNull(BuiltIn.instance().find(name));
    return new Command(known.signature(), known.traits(), null);
  }

  private static Map<String, Command> subcommandsOf(String container) {
    Map<String, Command> subcommands = new TreeMap<>();
    for (BuiltIn.Known known : BuiltIn.instance().subcommands(container)) {
      subcommands.put(
          shortName(known.signature()), new Command(known.signature(), known.traits(), null));
    }
    return subcommands;
  }

  private static String shortName(Signature subcommand) {
    return subcommand.name().substring(subcommand.name().indexOf(' ') + 1);
  }

  private static boolean isOwn(Request request) {
    if (request.argLength(0) <= OWN_PREFIX.length()) {
      return false;
    }
    for (int i = 0; i < OWN_PREFIX.length(); i++) {
      int b = request.buffer().getByte(request.argStart(0) + i);
      if ((b >= 'a' && b <= 'z' ? b - 0x20 : b) != OWN_PREFIX.charAt(i)) {
        return false;
      }
    }
    return true;
  }
}
