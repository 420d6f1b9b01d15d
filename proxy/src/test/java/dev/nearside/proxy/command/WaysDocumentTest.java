package dev.nearside.proxy.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** ARCHITECTURE.md's table of ways says of each command what the command table says. */
class WaysDocumentTest {
  private static final Pattern ROW =
      Pattern.compile("(?m)^\\| ([a-z ]+) \\| ([^|]*`[A-Z][^|]*) \\|[^|]*\\|$");
  private static final Pattern NAME = Pattern.compile("`([A-Z]+(?: [A-Z-]+)?)`(?! as another)");
  private static final Map<String, Predicate<Command>> MEANING =
      Map.of(
          "local or fill",
          command -> command.way() == Way.LOCAL_GET || command.way() == Way.LOCAL_MGET,
          "reading lane",
          command -> command.way() == Way.LANE && command.load() == Load.READ,
          "writing lane",
          command -> command.way() == Way.LANE && command.load() == Load.WRITE,
          "script lane",
          command -> command.way() == Way.LANE && command.load() == Load.SCRIPT,
          "bulk lane",
          command -> command.way() == Way.BULK_LANE,
          "greeting",
          command -> command.way() == Way.GREETING,
          "pinned for a while",
          command -> command.way() == Way.PINNED && !keeps(command),
          "pinned for good",
          command -> command.way() == Way.PINNED && keeps(command),
          "byte pipe",
          command ->
              command.way() == Way.PIPE
                  || command.connectionEffect() == ConnectionEffect.REPLY_MODE,
          "the sidecar",
          command -> command.way() == Way.QUIT || command.way() == Way.RESET);

  private static boolean keeps(Command command) {
    return switch (command.connectionEffect()) {
      case KEEPS, TRACKING, NO_TOUCH -> true;
      default -> false;
    };
  }

  @Test
  void table_namesForEachWay_commandsThatTakeIt() throws IOException {
    Map<String, Command> commands =
        CommandTable.builtIn().commands().stream()
            .collect(Collectors.toMap(Command::name, command -> command));
    List<java.util.regex.MatchResult> rows = ROW.matcher(architecture()).results().toList();
    assertThat(rows)
        .extracting(row -> row.group(1))
        .containsExactlyInAnyOrderElementsOf(MEANING.keySet());
    assertThat(rows)
        .allSatisfy(row ->
            assertThat(NAME.matcher(row.group(2)).results().map(name -> name.group(1)))
                .isNotEmpty()
                .allSatisfy(name -> assertThat(commands).containsKey(name))
                .allMatch(
                    name -> MEANING.get(row.group(1)).test(commands.get(name)), row.group(1)));
  }

  private static String architecture() throws IOException {
    Path folder = Path.of("").toAbsolutePath();
    while (!Files.exists(folder.resolve("ARCHITECTURE.md"))) {
      folder = folder.getParent();
    }
    return Files.readString(folder.resolve("ARCHITECTURE.md"));
  }
}
