package io.nightshift;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.source.doctree.DocCommentTree;
import com.sun.source.doctree.ParamTree;
import com.sun.source.tree.ClassTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.ModifiersTree;
import com.sun.source.tree.Tree;
import com.sun.source.tree.VariableTree;
import com.sun.source.util.DocTrees;
import com.sun.source.util.JavacTask;
import com.sun.source.util.TreePath;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.lang.model.element.Modifier;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;

/// Checks that the modules that other programs use are documented: every public type, constant, method and
/// constructor has a comment, and every component of a public record has a `@param`. Methods that override
/// another one, and canonical constructors of records, need none.
final class ApiDocumentationTest {

    private static final List<String> MODULES = List.of("api", "protocol", "scoring", "client", "client-messages");

    @Test
    void everyPublicDeclarationIsDocumented() throws IOException {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        List<String> missing = new ArrayList<>();
        int types = 0;
        try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, StandardCharsets.UTF_8)) {
            JavacTask task = (JavacTask) compiler.getTask(
                    null, files, null, List.of("-proc:none"), null, files.getJavaFileObjectsFromPaths(sources()));
            DocTrees docs = DocTrees.instance(task);
            for (CompilationUnitTree unit : task.parse()) {
                for (Tree declaration : unit.getTypeDecls()) {
                    if (declaration instanceof ClassTree type && isPublic(type.getModifiers(), null)) {
                        types++;
                        checkType(new TreePath(new TreePath(unit), type), docs, missing);
                    }
                }
            }
        }

        assertThat(types).isGreaterThan(100);
        assertThat(missing).as("undocumented public declarations").isEmpty();
    }

    private static List<Path> sources() throws IOException {
        List<Path> sources = new ArrayList<>();
        for (String module : MODULES) {
            try (Stream<Path> files = Files.walk(Path.of("..", module, "src", "main", "java"))) {
                files.filter(file -> file.toString().endsWith(".java")
                                && !file.endsWith("module-info.java")
                                && !file.endsWith("package-info.java"))
                        .forEach(sources::add);
            }
        }
        return sources;
    }

    private static void checkType(TreePath path, DocTrees docs, List<String> missing) {
        ClassTree type = (ClassTree) path.getLeaf();
        DocCommentTree comment = docs.getDocCommentTree(path);
        if (comment == null) {
            missing.add(place(path, docs, type.getSimpleName().toString()));
        }
        for (Tree member : type.getMembers()) {
            TreePath inner = new TreePath(path, member);
            switch (member) {
                case ClassTree nested when isPublic(nested.getModifiers(), type) -> checkType(inner, docs, missing);
                case MethodTree method
                when needsComment(method, type) ->
                    requireComment(inner, docs, method.getName().toString(), missing);
                case VariableTree component
                when isComponent(component, type) -> {
                    String name = component.getName().toString();
                    if (!parameters(comment).contains(name)) {
                        missing.add(place(inner, docs, "@param " + name));
                    }
                }
                case VariableTree field
                when isPublic(field.getModifiers(), type) ->
                    requireComment(inner, docs, field.getName().toString(), missing);
                default -> {}
            }
        }
    }

    private static void requireComment(TreePath path, DocTrees docs, String name, List<String> missing) {
        if (docs.getDocComment(path) == null) {
            missing.add(place(path, docs, name));
        }
    }

    private static boolean needsComment(MethodTree method, ClassTree type) {
        boolean overrides = method.getModifiers().getAnnotations().stream()
                .anyMatch(
                        annotation -> annotation.getAnnotationType().toString().equals("Override"));
        return isPublic(method.getModifiers(), type) && !overrides && !isCanonical(method, type);
    }

    private static boolean isCanonical(MethodTree method, ClassTree type) {
        List<String> components = type.getMembers().stream()
                .filter(member -> member instanceof VariableTree field && isComponent(field, type))
                .map(component -> ((VariableTree) component).getName().toString())
                .toList();
        return method.getReturnType() == null
                && type.getKind() == Tree.Kind.RECORD
                && method.getParameters().stream()
                        .map(parameter -> parameter.getName().toString())
                        .toList()
                        .equals(components);
    }

    private static boolean isComponent(VariableTree field, ClassTree type) {
        return type.getKind() == Tree.Kind.RECORD
                && !field.getModifiers().getFlags().contains(Modifier.STATIC);
    }

    /// Members of an interface are public unless they are private.
    private static boolean isPublic(ModifiersTree modifiers, ClassTree owner) {
        return modifiers.getFlags().contains(Modifier.PUBLIC)
                || (owner != null
                        && owner.getKind() == Tree.Kind.INTERFACE
                        && !modifiers.getFlags().contains(Modifier.PRIVATE));
    }

    private static Set<String> parameters(DocCommentTree comment) {
        return comment == null
                ? Set.of()
                : comment.getBlockTags().stream()
                        .filter(ParamTree.class::isInstance)
                        .map(tag -> ((ParamTree) tag).getName().getName().toString())
                        .collect(Collectors.toSet());
    }

    private static String place(TreePath path, DocTrees docs, String name) {
        CompilationUnitTree unit = path.getCompilationUnit();
        long position = docs.getSourcePositions().getStartPosition(unit, path.getLeaf());
        return "%s:%d: %s"
                .formatted(unit.getSourceFile().getName(), unit.getLineMap().getLineNumber(position), name);
    }
}
