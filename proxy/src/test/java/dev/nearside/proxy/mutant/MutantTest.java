package dev.nearside.proxy.mutant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class MutantTest {
  private static final ClassLoader LOADER = MutantTest.class.getClassLoader();

  @ParameterizedTest
  @EnumSource
  void classes_ofEachMutant_areOthersAndVerify(Mutant mutant) {
    Map<String, byte[]> changed = mutant.classes(LOADER);
    assertThat(changed).isNotEmpty();
    for (Map.Entry<String, byte[]> one : changed.entrySet()) {
      assertThat(one.getValue()).isNotEqualTo(Transformation.read(LOADER, one.getKey()));
      assertThat(Transformation.files(LOADER).verify(one.getValue())).isEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource
  void tests_ofEachMutant_areThere(Mutant mutant) {
    for (String test : mutant.tests()) {
      assertThat(LOADER.getResource("dev/nearside/proxy/" + test.replace('.', '/') + ".class"))
          .as(test)
          .isNotNull();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"coherence.Shard#pushedNot", "coherence.Shart#pushed"})
  void classes_nothingToChange_isAnError(String target) {
    List<String> parts = List.of(target.split("#", 2));
    Change change = new Change.Returning(parts.getFirst(), parts.getLast(), 0);
    assertThatThrownBy(() -> Transformation.of(List.of(change), LOADER))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void classes_callThatIsNotThere_isAnError() {
    Change change = new Change.Calling("coherence.Shard", "pushed", "drop", Change.EACH, 0);
    assertThatThrownBy(() -> Transformation.of(List.of(change), LOADER))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("drop");
  }
}
