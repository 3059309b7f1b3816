# What Redmine needs to be asked: a key, a project, an activity, 1000 entries. Prints them as variables of a shell.
Setting.rest_api_enabled = '1'
# All entries are of one day, and by default no person has more than 999 hours of it.
Setting.timelog_max_hours_per_day = '0'
admin = User.find_by(login: 'admin')
admin.update_columns(must_change_passwd: false)
project = Project.create!(name: 'Bench', identifier: 'bench', is_public: true, enabled_module_names: %w[time_tracking])
activity = TimeEntryActivity.create!(name: 'Work', active: true)
# Its report on totals takes no API key.
Role.anonymous.add_permission!(:view_time_entries)
now = Time.now
entries = (0...1000).map do |number|
  day = Date.new(2026, 1, 1) + number % 300
  {
    project_id: project.id, user_id: admin.id, author_id: admin.id, activity_id: activity.id, hours: 1.0,
    spent_on: day, tyear: day.year, tmonth: day.month, tweek: day.cweek, comments: 'work', created_on: now, updated_on: now
  }
end
TimeEntry.insert_all!(entries)
puts "redmine_key=#{admin.api_key}", "redmine_project=#{project.id}", "redmine_activity=#{activity.id}"
puts "redmine_version=#{Redmine::VERSION.to_a.first(3).join('.')}"
