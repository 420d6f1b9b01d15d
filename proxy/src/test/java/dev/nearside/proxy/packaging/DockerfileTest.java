package dev.nearside.proxy.packaging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nearside.proxy.packaging.Dockerfile.Instruction;
import dev.nearside.proxy.packaging.Dockerfile.Stage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What must hold of the image and can be read off its Dockerfile. */
class DockerfileTest {
  private static final Predicate<String> HEAP = flag -> flag.matches("-Xm[sx][0-9]+m");

  private static Dockerfile dockerfile;

  @BeforeAll
  static void parse() throws IOException {
    dockerfile = Dockerfile.parse(Files.readString(SourceTree.root().resolve("docker/Dockerfile")));
  }

  @Test
  void parse_misspeltInstruction_namesTheLine() {
    assertThatThrownBy(() -> Dockerfile.parse("FROM debian:13.2-slim\n\nENTRYPIONT [\"java\"]\n"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("line 3");
  }

  @Test
  void parse_commentInsideContinuation_isSkipped() {
    Stage stage = Dockerfile.parse("FROM a:1\nRUN one \\\n# two\n  three\n").last();
    assertThat(stage.last("RUN").orElseThrow().words()).containsExactly("one", "three");
  }

  @Test
  void stages_bases_arePinnedOrEarlierStages() {
    List<String> names = dockerfile.stages().stream().map(Stage::name).toList();
    for (Stage stage : dockerfile.stages()) {
      assertThat(names.contains(stage.base()) || stage.base().matches("[a-z/]+:[0-9]+\\.[0-9].*"))
          .as("base %s", stage.base())
          .isTrue();
    }
  }

  @Test
  void stages_sources_comeFromTheTreeOrAnEarlierStage() {
    for (Stage stage : dockerfile.stages()) {
      assertThat(stage.all("ADD")).isEmpty();
      stage.all("COPY").forEach(DockerfileTest::assertSourcesExist);
    }
  }

  private static void assertSourcesExist(Instruction copy) {
    List<String> sources = copy.words().subList(0, copy.words().size() - 1);
    if (copy.flags().isEmpty()) {
      assertThat(sources).allSatisfy(s -> assertThat(SourceTree.root().resolve(s)).exists());
    } else {
      String stage = copy.flags().getFirst().substring("from=".length());
      String made = dockerfile.stage(stage).last("ENV").orElseThrow().arguments();
      assertThat(sources).containsExactly(made.substring("OUT=".length()));
    }
  }

  @Test
  void build_command_isTheLauncherOfTheTree() {
    List<Instruction> steps = dockerfile.stage("build").all("RUN");
    assertThat(steps).extracting(Instruction::arguments).containsExactly("./nearside version");
  }

  @Test
  void image_user_isANumberAndNotRoot() {
    String user = dockerfile.last().last("USER").orElseThrow().arguments();
    assertThat(user).matches("[1-9][0-9]*:[1-9][0-9]*");
  }

  @Test
  void image_processes_areStartedWithoutAShell() {
    Stage image = dockerfile.last();
    assertThat(image.all("RUN")).isEmpty();
    assertThat(image.last("CMD").orElseThrow().execForm()).containsExactly("run");
    assertThat(image.last("ENTRYPOINT").orElseThrow().execForm())
        .startsWith("/opt/nearside/runtime/bin/java")
        .endsWith("dev.nearside.proxy.Nearside");
    assertThat(image.last("STOPSIGNAL").orElseThrow().arguments()).isEqualTo("SIGTERM");
  }

  @Test
  void image_healthcheck_runsAFileOfTheImage() {
    Instruction check = dockerfile.last().last("HEALTHCHECK").orElseThrow();
    assertThat(check.flags()).anyMatch(flag -> flag.startsWith("timeout="));
    assertThat(check.arguments()).isEqualTo("CMD [\"/opt/nearside/healthcheck\"]");
    assertThat(SourceTree.root().resolve("docker/healthcheck")).isExecutable();
  }

  @Test
  void image_ports_areTheDefaultOnes() {
    assertThat(dockerfile.last().last("EXPOSE").orElseThrow().words())
        .containsExactly("6380", "9380");
  }

  @Test
  void image_labels_nameTheVersionOfThePom() throws IOException {
    assertThat(dockerfile.last().last("LABEL").orElseThrow().arguments())
        .contains("org.opencontainers.image.version=\"" + SourceTree.version() + "\"")
        .contains("org.opencontainers.image.licenses=\"Apache-2.0\"");
  }

  @Test
  void jvmOptions_flags_areThoseOfTheLauncherButForTheHeap() throws IOException {
    Matcher flags =
        Pattern.compile("^jvm_flags=\"([^\"]+)\"", Pattern.MULTILINE)
            .matcher(Files.readString(SourceTree.root().resolve("nearside")));
    assertThat(flags.find()).isTrue();
    List<String> launcher = List.of(flags.group(1).split("\\s+"));
    assertThat(launcher).anyMatch(HEAP);
    assertThat(Files.readAllLines(SourceTree.root().resolve("docker/jvm.options")))
        .containsAll(launcher.stream().filter(HEAP.negate()).toList());
  }

  @Test
  void context_leavesOutWhatBuildsLeftBehind() throws IOException {
    Path ignored = SourceTree.root().resolve(".dockerignore");
    assertThat(Files.readAllLines(ignored)).contains(".git", "**/target");
  }
}
