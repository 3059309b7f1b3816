//! What reports look like, for the documentation.

use timetracks_domain::Duration;

use super::{
    KindTime, ProjectHead, ProjectTasksReport, ProjectUser, ProjectUsersReport, ReportProject,
    ReportTask, Sum, TaskHead, TaskReport, TaskUser, TaskUsersReport, UserReport,
};
use crate::{Example, example, tracks::Track};

fn sum() -> Sum {
    Duration::from_ms(5_705_000).into()
}

fn kinds() -> Vec<KindTime> {
    vec![KindTime {
        kind: "human".into(),
        sum: sum(),
    }]
}

impl Example for TaskHead {
    fn example() -> Self {
        Self {
            scope: "organisation".into(),
            task_id: example::id(5),
            task_name: "New website design".to_owned(),
            task_description: Some("Create a new homepage using React".to_owned()),
            sum: sum(),
            kinds: kinds(),
        }
    }
}

impl Example for TaskReport {
    fn example() -> Self {
        Self {
            head: TaskHead::example(),
            tracks: vec![Track::example()],
        }
    }
}

impl Example for TaskUsersReport {
    fn example() -> Self {
        Self {
            head: TaskHead::example(),
            users: vec![TaskUser {
                user_id: example::id(2),
                first_name: "Ada".to_owned(),
                last_name: "Lovelace".to_owned(),
                project_id: Some(example::id(4)),
                project_name: Some("New e-commerce system".to_owned()),
                sum: sum(),
            }],
        }
    }
}

impl Example for ProjectHead {
    fn example() -> Self {
        Self {
            scope: "organisation".into(),
            project_id: example::id(4),
            project_name: "New e-commerce system".to_owned(),
            project_description: Some("Few months with NestJS and Vue".to_owned()),
            sum: sum(),
            kinds: kinds(),
        }
    }
}

impl Example for ProjectUsersReport {
    fn example() -> Self {
        Self {
            head: ProjectHead::example(),
            users: vec![ProjectUser {
                user_id: example::id(2),
                first_name: "Ada".to_owned(),
                last_name: "Lovelace".to_owned(),
                sum: sum(),
            }],
        }
    }
}

impl Example for ReportTask {
    fn example() -> Self {
        Self {
            task_id: example::id(5),
            task_name: "New website design".to_owned(),
            task_description: Some("Create a new homepage using React".to_owned()),
            sum: sum(),
        }
    }
}

impl Example for ProjectTasksReport {
    fn example() -> Self {
        Self {
            head: ProjectHead::example(),
            tasks: vec![ReportTask::example()],
        }
    }
}

impl Example for UserReport {
    fn example() -> Self {
        Self {
            scope: "organisation".into(),
            user_id: example::id(2),
            user_name: "Ada Lovelace".to_owned(),
            sum: sum(),
            kinds: kinds(),
            projects: vec![ReportProject {
                project_id: Some(example::id(4)),
                project_name: Some("New e-commerce system".to_owned()),
                sum: sum(),
                tasks: vec![ReportTask::example()],
            }],
        }
    }
}
