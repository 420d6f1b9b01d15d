package dev.nearside.proxy.packaging;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A Dockerfile as its stages and their instructions. It knows the syntax that ours uses and refuses
 * the rest (here-documents, ONBUILD, parser directives), so that nothing is passed over silently.
 */
record Dockerfile(List<Stage> stages) {
  private static final Set<String> KEYWORDS =
      Set.of(
          "FROM",
          "WORKDIR",
          "COPY",
          "ADD",
          "RUN",
          "ENV",
          "LABEL",
          "USER",
          "EXPOSE",
          "STOPSIGNAL",
          "HEALTHCHECK",
          "ENTRYPOINT",
          "CMD");
  private static final Pattern INSTRUCTION = Pattern.compile("([A-Za-z]+)\\s+(.+)");
  private static final Pattern FROM = Pattern.compile("(\\S+)(?:\\s+[Aa][Ss]\\s+(\\S+))?");
  private static final Pattern FLAG = Pattern.compile("--([a-z-]+)=(\\S+)\\s+");

  /** What stands between one FROM and the next; {@code name} is empty where AS is missing. */
  record Stage(String base, String name, List<Instruction> instructions) {
    /** Returns the instructions with this keyword, in order. */
    List<Instruction> all(String keyword) {
      return instructions.stream().filter(i -> i.keyword().equals(keyword)).toList();
    }

    /** Returns the last instruction with this keyword, which is the one that counts. */
    Optional<Instruction> last(String keyword) {
      return all(keyword).stream().reduce((first, second) -> second);
    }
  }

  /**
   * One instruction.
   *
   * @param line where it begins, counted from 1
   * @param keyword in upper case
   * @param flags for example {@code from=image}, without the dashes
   * @param arguments the rest, continuation lines joined
   */
  record Instruction(int line, String keyword, List<String> flags, String arguments) {
    /** Returns the arguments as words. */
    List<String> words() {
      return List.of(arguments.split("\\s+"));
    }

    /**
     * Returns the words of the exec form, {@code ["a", "b"]}.
     *
     * @throws IllegalArgumentException if the arguments are of the shell form
     */
    List<String> execForm() {
      try {
        return new JsonMapper().readValue(arguments, new TypeReference<List<String>>() {});
      } catch (JsonProcessingException e) {
        throw new IllegalArgumentException("line " + line + ": not the exec form: " + arguments, e);
      }
    }
  }

  /** Returns the stage of this name. */
  Stage stage(String name) {
    return stages.stream().filter(s -> s.name().equals(name)).findFirst().orElseThrow();
  }

  /** Returns the stage the image is made of. */
  Stage last() {
    return stages.getLast();
  }

  /**
   * Parses {@code text}.
   *
   * @throws IllegalArgumentException naming the line that is not understood
   */
  static Dockerfile parse(String text) {
    List<Stage> stages = new ArrayList<>();
    for (Instruction instruction : instructions(text.lines().toList())) {
      if (instruction.keyword().equals("FROM")) {
        stages.add(stage(instruction));
      } else if (stages.isEmpty()) {
        throw new IllegalArgumentException("line " + instruction.line() + ": before any FROM");
      } else {
        stages.getLast().instructions().add(instruction);
      }
    }
    return new Dockerfile(stages);
  }

  private static Stage stage(Instruction from) {
    Matcher matcher = FROM.matcher(from.arguments());
    if (!matcher.matches()) {
      throw new IllegalArgumentException("line " + from.line() + ": FROM " + from.arguments());
    }
    String name = matcher.group(2);
    return new Stage(matcher.group(1), name == null ? "" : name, new ArrayList<>());
  }

  /** Joins continuation lines as Docker does: nothing takes the place of the backslash. */
  private static List<Instruction> instructions(List<String> lines) {
    List<Instruction> instructions = new ArrayList<>();
    StringBuilder joined = new StringBuilder();
    int first = 0;
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i).stripTrailing();
      if (line.isEmpty() || line.stripLeading().startsWith("#")) {
        continue;
      }
      first = joined.isEmpty() ? i + 1 : first;
      boolean continues = line.endsWith("\\");
      joined.append(line, 0, continues ? line.length() - 1 : line.length());
      if (!continues) {
        instructions.add(instruction(first, joined.toString()));
        joined.setLength(0);
      }
    }
    if (!joined.isEmpty()) {
      throw new IllegalArgumentException("line " + first + ": ends in a continuation");
    }
    return instructions;
  }

  private static Instruction instruction(int line, String text) {
    Matcher matcher = INSTRUCTION.matcher(text);
    String keyword = matcher.matches() ? matcher.group(1).toUpperCase(Locale.ROOT) : "";
    if (!KEYWORDS.contains(keyword) || text.contains("<<")) {
      throw new IllegalArgumentException("line " + line + ": not understood: " + text);
    }
    List<String> flags = new ArrayList<>();
    String arguments = matcher.group(2);
    for (Matcher flag = FLAG.matcher(arguments); flag.lookingAt(); flag = FLAG.matcher(arguments)) {
      flags.add(flag.group(1) + "=" + flag.group(2));
      arguments = arguments.substring(flag.end());
    }
    return new Instruction(line, keyword, flags, arguments);
  }
}
