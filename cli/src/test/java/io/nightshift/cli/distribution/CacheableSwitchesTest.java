package io.nightshift.cli.distribution;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.CodeElement;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// Rewrites classes that javac has compiled, because the result depends on its output.
class CacheableSwitchesTest {

    private static final List<@Nullable Object> VALUES = Arrays.asList(1, 2L, 3.5, 'c', "text", "", List.of(), null);

    @Test
    void aSwitchOverTypesDoesWhatItDidWithoutTheFactory() throws Exception {
        byte[] before = bytes(Switches.class);
        byte[] after = rewritten(before);

        assertThat(factories(before)).isEqualTo(2);
        assertThat(factories(after)).isZero();
        for (String method : List.of("type", "guarded")) {
            for (Object value : VALUES) {
                assertThat(call(after, method, value))
                        .as("%s(%s)", method, value)
                        .isEqualTo(call(before, method, value));
            }
        }
    }

    @Test
    void aSwitchOverTypesInAnInterfaceDoesWhatItDid() throws Exception {
        byte[] before = bytes(Named.class);
        byte[] after = rewritten(before);

        assertThat(factories(after)).isZero();
        for (Object value : VALUES) {
            assertThat(call(after, "name", value)).isEqualTo(call(before, "name", value));
        }
    }

    @Test
    void aRewrittenClassIsLeftAsItIs() throws IOException {
        byte[] once = rewritten(bytes(Switches.class));

        assertThat(rewritten(once)).isSameAs(once);
    }

    @Test
    void aSwitchWithOtherLabelsIsLeftAsItIs() throws IOException {
        byte[] file = bytes(Constants.class);

        assertThat(rewritten(file)).isSameAs(file);
    }

    private static byte[] rewritten(byte[] file) {
        return new CacheableSwitches(ClassHierarchyResolver.defaultResolver()).in(file);
    }

    private static long factories(byte[] file) {
        return ClassFile.of().parse(file).methods().stream()
                .flatMap(method -> method.code().stream())
                .flatMap(code -> code.elementStream())
                .map(CodeElement.class::cast)
                .filter(CacheableSwitches::isSwitchOverTypes)
                .count();
    }

    private static byte[] bytes(Class<?> type) throws IOException {
        try (var in = type.getResourceAsStream(
                type.getName().substring(type.getPackageName().length() + 1) + ".class")) {
            return Objects.requireNonNull(in).readAllBytes();
        }
    }

    private static Object call(byte[] file, String method, @Nullable Object argument) throws Exception {
        Class<?> type = new Loader(file).defined();
        Method declared = type.getDeclaredMethod(method, Object.class);
        declared.setAccessible(true);
        return declared.invoke(null, argument);
    }

    private static final class Loader extends ClassLoader {

        private final byte[] file;

        Loader(byte[] file) {
            super(CacheableSwitchesTest.class.getClassLoader());
            this.file = file;
        }

        Class<?> defined() {
            return defineClass(null, file, 0, file.length);
        }
    }

    private static final class Switches {

        @SuppressWarnings("unused") // by reflection
        static String type(@Nullable Object value) {
            return switch (value) {
                case null -> "null";
                case Integer number -> "integer " + number;
                case Number number -> "number " + number;
                case String text -> "text " + text;
                default -> "other";
            };
        }

        @SuppressWarnings("unused") // by reflection
        static String guarded(@Nullable Object value) {
            @Nullable Object annotated = value;
            return switch (annotated) {
                case null -> "null";
                case String text when text.isEmpty() -> "empty";
                case String text when text.length() > 100 -> "long";
                case CharSequence text -> "text " + text;
                default -> "other";
            };
        }
    }

    private interface Named {

        @SuppressWarnings("unused") // by reflection
        static String name(@Nullable Object value) {
            return switch (value) {
                case null -> "null";
                case Number number -> "number " + number;
                default -> "other";
            };
        }
    }

    private static final class Constants {

        @SuppressWarnings("unused") // by reflection
        static String size(Object value) {
            return switch (value) {
                case Thread.State.NEW -> "new";
                case String text -> text;
                default -> "other";
            };
        }
    }
}
