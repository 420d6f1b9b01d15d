package dev.nearside.proxy.server;

import dev.nearside.proxy.scene.RespClient;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * A command or subcommand as a server's COMMAND lists it.
 *
 * @param words its words, {@code client}, {@code id}
 * @param arity as Redis counts: with the words, negative for "at least"
 */
record ListedCommand(List<String> words, int arity) {
  private static final int NAME = 0;
  private static final int ARITY = 1;
  private static final int SUBCOMMANDS = 9;

  /** Returns all that the server at the other end lists; before 7.0 it lists no subcommands. */
  static List<ListedCommand> of(RespClient client) throws IOException {
    List<ListedCommand> commands = new ArrayList<>();
    addAll((List<?>) new Decoder(client.call("COMMAND")).next(), commands);
    return commands;
  }

  private static void addAll(List<?> entries, List<ListedCommand> commands) {
    for (Object entry : entries) {
      List<?> told = (List<?>) entry;
      String name = (String) told.get(NAME);
      commands.add(
          new ListedCommand(
              List.of(name.split("\\|", -1)), Integer.parseInt((String) told.get(ARITY))));
      if (told.size() > SUBCOMMANDS) {
        addAll((List<?>) told.get(SUBCOMMANDS), commands);
      }
    }
  }

  /** Returns its name as COMMAND writes it, {@code client|id}. */
  String name() {
    return String.join("|", words);
  }

  /** Returns whether any number of arguments will do. */
  boolean takesAnyNumber() {
    return -arity <= words.size() && arity < 0;
  }

  /** Returns a request with one argument too many or too few. */
  String[] miscounted() {
    List<String> request = new ArrayList<>(words);
    int count = arity > 0 ? arity + 1 : -arity - 1;
    while (request.size() < count) {
      request.add("x");
    }
    return request.toArray(String[]::new);
  }

  /** The nested arrays of a RESP2 reply; whatever is no array is shown as text. */
  private static final class Decoder {
    private final String reply;
    private int at;

    Decoder(String reply) {
      this.reply = reply;
    }

    Object next() {
      String line = line();
      int number = line.matches(".-?\\d+") ? Integer.parseInt(line.substring(1)) : 0;
      return switch (line.charAt(0)) {
        case '*' -> {
          List<Object> elements = new ArrayList<>();
          for (int i = 0; i < number; i++) {
            elements.add(next());
          }
          yield elements;
        }
        case '$' -> line();
        default -> line.substring(1);
      };
    }

    private String line() {
      int end = reply.indexOf("\r\n", at);
      String line = reply.substring(at, end);
      at = end + 2;
      return line;
    }
  }
}
